"""The warehouse computed a second time, in plain Python and from the design's definitions alone.

Nothing here reads the project's SQL: `reading` turns text into values, `judging` accepts or rejects
raw rows, `star` assembles what was accepted, and `marts_*` compute the marts. The property tests
compare the two.
"""
