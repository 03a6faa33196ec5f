"""`make bench-scores`: what the scores are worth beside the usual libraries, on the same splits."""
