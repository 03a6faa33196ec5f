"""The rounds of `make backtest`: the same models once more, as of dates whose outcome is known."""

from collections.abc import Iterator

from publish.dbt import Dbt

_TABLES_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
_WHAT_THE_CLOCK_MOVES = ("--select", "clock+")


def run_rounds(dbt: Dbt) -> Iterator[str]:
    """Build as of each date of backtest_date, oldest first, and yield the date that is next.

    Each round leaves its as-of date's rows in score_backtest and score_calibration, and all other
    tables as of that date: a build as of now must follow. Raises BuildFailed.
    """
    dbt.run("build", (*_TABLES_ONLY, "--full-refresh"))
    for day in _dates(dbt):
        yield day
        dbt.at(day).run("run", _WHAT_THE_CLOCK_MOVES)


def _dates(dbt: Dbt) -> list[str]:
    """Return the as-of dates that the model names."""
    shown = dbt.ask("select backtest_date from {{ ref('backtest_date') }} order by backtest_date")
    return [str(row["backtest_date"])[:10] for row in shown]
