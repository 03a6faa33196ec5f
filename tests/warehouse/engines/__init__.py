"""The three engines as the tests drive them: land raw tables, run dbt, read what was built."""
