"""The results as a Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from bench.measure import DONE
from bench.results import BUILD, COMPANY, ONLINE_RETAIL, PAIRS, SCRIPT, Result

NAMES: Final = {
    "duckdb": "DuckDB",
    "postgres": "PostgreSQL",
    "pandas": "pandas + mlxtend script",
    "loops": "plain Python loops",
    "scipy": "scipy sparse product",
    "mlxtend": "mlxtend fpgrowth",
    "spark": "Spark",
    "fpgrowth": "Spark FPGrowth",
    COMPANY: "generated company",
    ONLINE_RETAIL: "Online Retail II",
}
BUILD_HEAD: Final = (
    "lines", "by", "load", "full build", "models", "tests", "dbt itself", "pair step",
    "script's marts", "daily refresh", "its models", "its dbt itself", "peak memory, GiB",
    "on disk, GiB", "date",
)  # fmt: skip
PAIRS_HEAD: Final = (
    "data", "lines", "support", "by", "encode", "count", "together", "x DuckDB", "judge", "pairs",
    "peak memory, GiB", "date",
)  # fmt: skip

ABOUT_BUILDS: Final = """\
Times are seconds of wall clock. A full build is one `dbt build` of the models and all data tests:
`models` is the time in which at least one of them was at work, `tests` that in which only tests
were, and `dbt itself` the rest: starting, parsing, connecting. The daily refresh is the same build
after one more day of lines has arrived, one in a hundred of them late by up to 60 days. The pair
step is the sum of the `basket_*` models that count and judge pairs within the full build. The
pandas script computes 19 marts from the same raw rows in Parquet, without tests, rejected rows or
dimensions; left out are scores, triples, double codes and regions. `script's marts` is a build from
nothing of these 19 alone on DuckDB, with their data tests, dbt's start and all that they need: that
is also the scores of customers, since `customer_360` shows them, which the script's does not. dbt
has parsed the project before. The loops compute four of the tables. Memory is that of all
processes, PostgreSQL's server among them, pages that they share counted once.
"""
ABOUT_PAIRS: Final = """\
Each method counts the same baskets and frequent items, with nothing else beside it. `encode` turns
invoice lines into what the method counts (DuckDB, PostgreSQL and Spark: model `basket_item`;
invoices were numbered with the facts, and items are numbered in `basket_frequent_item`, under
`count`; the others read the text of both), and `count` finds the pairs (`basket_population`,
`basket_frequent_item`, `basket_pair`); `together` is both, and is what the methods are compared by.
`judge` makes rules of the pairs with expected counts and false-discovery rates (`basket_pair_test`,
`basket_rule`), which the other methods leave out; the whole pair step of an engine is `together`
and `judge`. scipy without encoding is its `count` alone. mlxtend and Spark's FPGrowth have one
threshold for items and pairs, so they look for fewer pairs; FPGrowth cannot be told a length and so
mines longer itemsets, too. Up to two million lines each is run three times and the median told,
unless a run takes longer than a minute.
"""


def markdown(results: Sequence[Result]) -> str:
    """The whole page."""
    parts = ["# Benchmark\n", f"{machines(results)}\n"]
    builds = [each for each in results if each.kind in (BUILD, SCRIPT)]
    pairs = [each for each in results if each.kind == PAIRS]
    for data in (COMPANY, ONLINE_RETAIL):
        rows = [build_row(each) for each in builds if each.data == data]
        if rows:
            parts += [f"## Build: {NAMES[data]}\n", table(BUILD_HEAD, rows)]
    if builds:
        parts.append(ABOUT_BUILDS)
    if pairs:
        parts += ["## Pair step\n", table(PAIRS_HEAD, [pair_row(e, pairs) for e in pairs])]
        parts.append(ABOUT_PAIRS)
    return "\n".join(parts)


def machines(results: Iterable[Result]) -> str:
    """The machines and versions that the results come from, each once."""
    told = {
        f"{each.machine['cores']:g} cores, {each.machine['memory_gib']:g} GiB; "
        + ", ".join(f"{package} {number}" for package, number in each.versions.items())
        for each in results
    }
    return "\n".join(f"- {line}" for line in sorted(told))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty cells stay empty."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def build_row(result: Result) -> list[str]:
    """One build, or one script that does the same."""
    seconds = result.seconds
    if result.kind == BUILD:
        full, tests = seconds.get("full"), seconds.get("tests")
        models = seconds.get("models")
    else:
        full, tests, models = seconds.get("total"), None, None
    whole = status_text(result) if result.status != DONE else number(full)
    return [
        f"{result.lines:,}",
        NAMES[result.subject],
        number(seconds.get("load")),
        whole,
        number(models),
        number(tests),
        number(seconds.get("own")),
        number(seconds.get("pairs")),
        number(seconds.get("script_marts")),
        number(seconds.get("refresh")),
        number(seconds.get("refresh_models")),
        number(seconds.get("refresh_own")),
        gibibytes(result.peak_bytes),
        gibibytes(result.size_bytes),
        result.date,
    ]


def pair_row(result: Result, others: Iterable[Result]) -> list[str]:
    """One method of the pair step, its seconds also as a multiple of DuckDB's."""
    together = pair_seconds(result)
    duckdb = next(
        (
            pair_seconds(each)
            for each in others
            if each.subject == "duckdb"
            and (each.data, each.lines, each.support) == (result.data, result.lines, result.support)
        ),
        None,
    )
    is_done = result.status == DONE
    return [
        NAMES[result.data],
        f"{result.lines:,}",
        f"{(result.support or 0) * 100:g} %",
        NAMES[result.subject],
        number(result.seconds.get("encode")),
        number(result.seconds.get("count")),
        number(together) if is_done else status_text(result),
        f"{together / duckdb:.1f}" if is_done and together and duckdb else "",
        number(result.seconds.get("judge")),
        f"{result.rows['pairs']:,}" if "pairs" in result.rows else "",
        gibibytes(result.peak_bytes),
        result.date,
    ]


def pair_seconds(result: Result) -> float | None:
    """Encoding and counting together; None when the run did not end."""
    if result.status != DONE:
        return None
    return sum(result.seconds.get(part, 0.0) for part in ("encode", "count"))


def status_text(result: Result) -> str:
    """How a run that is not done ended, and after how long."""
    return f"{result.status} after {number(result.seconds.get('total'))} s"


def number(seconds: float | None) -> str:
    """Seconds with three figures; nothing where there are none."""
    if seconds is None:
        return ""
    return (
        f"{seconds:.2f}"
        if seconds < 10
        else f"{seconds:.1f}"
        if seconds < 100
        else f"{seconds:.0f}"
    )


def gibibytes(count: int | None) -> str:
    """Bytes in GiB."""
    return "" if count is None else f"{count / 2**30:.2f}"
