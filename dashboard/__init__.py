"""The page that a sales rep opens before a visit. It shows the marts and computes no number."""
