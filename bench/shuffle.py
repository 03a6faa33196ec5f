"""`make bench-shuffle`: how many pairs are significant when nothing is associated.

Deals the items anew over the slots of the same baskets, so that each item is in as many baskets
and each basket as large as before and nothing goes with anything, and counts significant pairs by
the warehouse's own models. A test of pairs that is honest finds next to none.

    python -m bench.shuffle --database opportunity.duckdb --vars '{basket_min_support: 0}'

The database is a built DuckDB warehouse, which is read and left alone. Ends with 1 when shuffled
baskets have more than 5 % as many significant pairs as the real ones, or when the published bound
of a p-value is below the exact Poisson tail.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from rich.console import Console
from rich.progress import track

from bench.builds import DBT
from bench.measure import PROJECT

MODELS = ("basket_population", "basket_frequent_item", "basket_pair", "basket_pair_test")
SHUFFLES = 20
MOST_SHARE = 0.05
CHECKED_PAIRS = 1000
ROUNDING = 1e-12
"""What a published p-value may lack of the computed one."""
SURE = 1e-9
"""From here on a p-value says more than its rounding."""
ROUNDS = 200

Integers = npt.NDArray[np.int64]


def deal(basket: Integers, item: Integers, generator: np.random.Generator) -> Integers:
    """Deals the items over the slots of the baskets, no item twice in one basket.

    `basket` and `item` have an entry a slot; returns the item of each slot. Slots that got an item
    their basket already has are dealt again together with as many others. Raises ValueError when
    that does not end, as when an item is in nearly every basket.
    """
    dealt = generator.permutation(item)
    for _ in range(ROUNDS):
        entries = basket * (int(item.max()) + 1) + dealt
        order = np.argsort(entries, kind="stable")
        repeated = order[1:][entries[order][1:] == entries[order][:-1]]
        if not len(repeated):
            return dealt
        others = generator.integers(len(item), size=len(repeated))
        again = np.union1d(repeated, others)
        dealt[again] = generator.permutation(dealt[again])
    raise ValueError("the items cannot be dealt without repeating one in a basket")


@dataclass(frozen=True)
class Compiled:
    """The models' SQL for a scratch file, and the schema that they are in."""

    sql: dict[str, str]
    schema: str


def compile_models(file: Path, variables: dict[str, object], folder: Path) -> Compiled:
    """The SQL that dbt would run on a DuckDB file."""
    command = [DBT, "--quiet", "compile", "--select", *MODELS, "--vars", json.dumps(variables)]
    command += ["--target", "duckdb", "--target-path", str(folder), "--log-path", str(folder)]
    environment = {**os.environ, "DUCKDB_PATH": str(file)}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"dbt compile failed:\n{done.stdout}{done.stderr}")
    manifest = json.loads((folder / "manifest.json").read_text())
    nodes = {node["name"]: node for node in manifest["nodes"].values()}
    # A path that is absolute stays so.
    sql = {name: (PROJECT / nodes[name]["compiled_path"]).read_text() for name in MODELS}
    return Compiled(sql, nodes["basket_item"]["schema"])


def significant_pairs(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> int:
    """Runs the models on the baskets that are there, and counts the significant pairs."""
    for name in MODELS:
        connection.execute(
            f"create or replace table {compiled.schema}.{name} as {compiled.sql[name]}"
        )
    counted = connection.execute(
        f"select count(*) from {compiled.schema}.basket_pair_test where is_significant"
    ).fetchall()
    return int(counted[0][0])


def pairs_below_the_exact_tail(
    connection: duckdb.DuckDBPyConnection, compiled: Compiled, generator: np.random.Generator
) -> int:
    """Of up to 1,000 pairs drawn from those above expectation, how many have too small a bound."""
    from scipy.stats import poisson

    pairs = connection.execute(
        f"""
        select
            basket_count,
            cast(expected_count as double) as expected_count,
            cast(p_value_bound as double) as p_value_bound
        from {compiled.schema}.basket_pair_test
        where basket_count > expected_count and p_value_bound > {SURE}
        order by item_id_a, item_id_b
        """
    ).df()
    drawn = generator.choice(len(pairs), size=min(CHECKED_PAIRS, len(pairs)), replace=False)
    chosen = pairs.iloc[drawn]
    exact = poisson.sf(chosen["basket_count"] - 1, chosen["expected_count"])
    return int((chosen["p_value_bound"] + ROUNDING < exact).sum())


@dataclass(frozen=True)
class Shuffles:
    """Significant pairs of real and of shuffled baskets, and p-values that are too small."""

    real: int
    counts: list[int]
    bounds_too_small: int

    @property
    def mean(self) -> float:
        """Significant pairs of a shuffle."""
        return sum(self.counts) / max(len(self.counts), 1)

    @property
    def share(self) -> float:
        """Over those of the real baskets."""
        return self.mean / self.real if self.real else float(self.mean > 0)


def shuffled(
    database: Path,
    variables: dict[str, object],
    shuffles: int = SHUFFLES,
    seed: int = 1,
    *,
    console: Console | None = None,
) -> Shuffles:
    """Counts significant pairs of a built warehouse's baskets, real and shuffled."""
    generator = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shuffle.duckdb"
        compiled = compile_models(file, variables, Path(folder) / "target")
        with duckdb.connect(str(file)) as connection:
            core = compiled.schema.removesuffix("_marts") + "_core"
            connection.execute(f"attach '{database}' as built (read_only)")
            connection.execute(f"create schema if not exists {compiled.schema}")
            connection.execute(f"create schema if not exists {core}")
            connection.execute(f"create table {core}.clock as from built.{core}.clock")
            table = f"{compiled.schema}.basket_item"
            connection.execute(
                f"create or replace table {table} as from built.{table} where is_counted"
            )
            real = significant_pairs(connection, compiled)
            too_small = pairs_below_the_exact_tail(connection, compiled, generator)
            rows = connection.execute(f"select * from {table} order by invoice_key, item_id").df()
            basket = pd.factorize(rows["invoice_key"])[0].astype(np.int64)
            item, names = pd.factorize(rows["item_id"])
            counts = []
            rounds = range(shuffles)
            for _ in track(rounds, "shuffling", console=console) if console else rounds:
                dealt = deal(basket, item.astype(np.int64), generator)
                anew = rows.assign(item_id=np.asarray(names)[dealt])
                connection.register("shuffled", anew)
                connection.execute(f"create or replace table {table} as from shuffled")
                counts.append(significant_pairs(connection, compiled))
    return Shuffles(real, counts, too_small)


def tell(found: Shuffles) -> bool:
    """Prints what real and shuffled baskets have; returns whether the test of pairs is honest."""
    print(f"real baskets: {found.real:,} significant pairs")
    print(f"p-values below the exact Poisson tail, of {CHECKED_PAIRS:,}: {found.bounds_too_small}")
    most = max(found.counts, default=0)
    print(f"shuffled baskets: {found.mean:,.1f} significant pairs, at most {most:,}")
    print(f"shuffled / real: {found.share:.4%}, at most {MOST_SHARE:.0%} asked for")
    return found.share <= MOST_SHARE and not found.bounds_too_small


def main() -> int:
    """Run as the command line asks; returns 1 when the test of pairs is not honest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", type=Path, default=PROJECT / "opportunity.duckdb")
    parser.add_argument("--shuffles", type=int, default=SHUFFLES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vars", default="{}", help="dbt vars, such as {basket_min_support: 0}")
    given = parser.parse_args()
    if not given.database.exists():
        print(f"Error: {given.database} is not there: run make build.", file=sys.stderr)
        return 2
    variables = yaml.safe_load(given.vars) or {}
    console = Console(stderr=True)
    found = shuffled(
        given.database.resolve(), variables, given.shuffles, given.seed, console=console
    )
    return 0 if tell(found) else 1


if __name__ == "__main__":
    sys.exit(main())
