"""Build the warehouse and publish it: `python -m publish.build --target T --vars V`.

dbt builds and tests everything where no reader looks. If all is well the new tables take the old
ones' place in one step; if anything fails, what readers had stays.

Spark has no such step. There the tables are built in place under a lock: a model's table is
replaced when the model is done, readers may meet new tables beside old ones, and after a failed
build the tables are partly new until the next one. Nothing else is promised.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ingest.connections import duckdb_path
from ingest.contract import PROJECT_DIR, parse_vars, target_dir
from ingest.errors import InputError, run
from ingest.java import java_environment
from ingest.warehouse import TARGETS
from publish.backtest import run_rounds
from publish.dbt import BuildFailed, Dbt, Node
from publish.duckdb_file import next_file
from publish.locking import locked
from publish.postgres import next_schemas
from publish.signals import Stopped, stop_on_signals
from publish.spark import clear_what_was_killed

FULL_REFRESH = "--full-refresh"


class Draft(Protocol):
    """Where the next build is made: away from readers until it is published."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that point dbt there."""

    def publish(self, tables: Sequence[Node]) -> None:
        """Show readers the new tables."""


@dataclass
class InPlace:
    """A build that readers watch."""

    environment: Mapping[str, str]

    def publish(self, tables: Sequence[Node]) -> None:
        """Do nothing: every table is there already."""


@contextmanager
def _draft(target: str, *, full_refresh: bool) -> Iterator[Draft]:
    """Open the target's draft; what is not published when the block ends is discarded."""
    if target == "duckdb":
        with next_file(duckdb_path()) as file:
            yield file
    elif target == "postgres":
        with next_schemas(keeps_replaced=not full_refresh) as schemas:
            yield schemas
    else:
        clear_what_was_killed()
        yield InPlace(java_environment())


def build(
    target: str, vars_text: str, options: Sequence[str] = (), *, is_backtest: bool = False
) -> None:
    """Build, test and publish; `options` are further ones of `dbt build`.

    A back-test builds as of earlier dates first, in the same place.
    Raises InputError, and leaves what is published as it was, when anything is wrong.
    """
    if target not in TARGETS:
        raise InputError(f"there is no target '{target}'; choose one of {', '.join(TARGETS)}.")
    artifacts = PROJECT_DIR / target_dir() / "build" / target
    try:
        with (
            locked(artifacts / "lock", f"target {target}") as lock,
            _draft(target, full_refresh=FULL_REFRESH in options) as draft,
        ):
            dbt = Dbt(target, parse_vars(vars_text), draft.environment, artifacts, lock)
            for day in run_rounds(dbt) if is_backtest else ():
                print(f"Back-test as of {day}", flush=True)
            tables = dbt.build(options)
            draft.publish(tables)
    except BuildFailed as error:
        raise InputError(f"{error}; {_what_stays(target, is_backtest)}") from error
    except Stopped as stopped:
        raise InputError(f"the build was stopped; {_what_stays(target, is_backtest)}") from stopped


def _what_stays(target: str, is_backtest: bool) -> str:
    if target == "spark":
        tables = "partly new, or as of an earlier day," if is_backtest else "partly new"
        return f"its tables are {tables} now: build again."
    return "nothing was published, and what readers had before stays."


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what the command line names and return the exit code."""
    parser = argparse.ArgumentParser(prog="make build", description=__doc__)
    parser.add_argument("--target", default=TARGETS[0], help=f"one of {', '.join(TARGETS)}")
    parser.add_argument("--vars", default="", help="vars of dbt as YAML")
    parser.add_argument(FULL_REFRESH, action="store_true", help="build everything from nothing")
    parser.add_argument("--backtest", action="store_true", help="as of earlier dates first")
    parser.add_argument("options", nargs="*", help="after --: further options of dbt build")
    given = parser.parse_args(arguments)
    options = [FULL_REFRESH, *given.options] if given.full_refresh else given.options

    def command() -> int:
        build(given.target, given.vars, options, is_backtest=given.backtest)
        print("Built in place." if given.target == "spark" else "Published.")
        return 0

    stop_on_signals()
    return run(command)


if __name__ == "__main__":
    sys.exit(main())
