"""Other ways to compute the same numbers, each a command of its own that `make bench` measures."""
