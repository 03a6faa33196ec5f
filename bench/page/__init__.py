"""What `make bench-page` is made of."""
