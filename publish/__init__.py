"""Write, audit, publish: builds are made and tested unseen, and published in one step."""
