"""Load a company's raw tables, and check them before dbt reads them."""
