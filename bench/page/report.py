"""What was measured on the page, as JSON and as a Markdown page: asked beside found."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bench.page.figures import (
    FLAT_GROWTH,
    SLOW_MILLISECONDS,
    Done,
    Memory,
    percentile,
    slow,
)
from bench.page.load import Alone, Crowd
from bench.report import NAMES, number, table
from bench.results import machine, versions

SMALL_LINES = 1_000_000
"""Up to so many lines a company counts as small, of which more speed is asked."""
SMALL_SECONDS, LARGE_SECONDS, CACHED_SECONDS, CROWD_SECONDS = 2.0, 3.0, 0.5, 4.0
CACHED_CPU_SECONDS = 0.1
MOST_CONNECTIONS = 10
MEBIBYTE = 2**20
PACKAGES = ("streamlit", "duckdb", "psycopg2-binary", "pyarrow")
SLOW_SHOWN, ERRORS_SHOWN = 20, 10

ABOUT = """\
*First* and *again* are seconds from asking for a page until its script had finished and all had
been received, with nothing of that person cached, and then once more (median of three); CPU is that
of the page's process, with what it does behind a page that has come. Another sales rep has opened
each page before, as the process imports at first. Queries are as the page's log tells them, a wait
for a connection included. In the crowd, the page's process starts anew, nothing is cached, each
visitor does something every ten seconds, and the seconds count from when an action was due, whether
or not the visitor still waited for the one before; one that failed counts as endless. What is in a
browser besides, such as drawing, is not in these figures.
"""


@dataclass(frozen=True)
class Run:
    """One run of the benchmark."""

    engine: str
    version: str
    asked_lines: int
    """Of which a company was asked for; a later run of the same replaces this one."""
    lines: int
    customers: int
    reps: int
    alone: tuple[dict[str, Any], ...]
    crowd: dict[str, Any]
    date: str = field(default_factory=lambda: date.today().isoformat())
    machine: dict[str, float] = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=lambda: versions(PACKAGES))

    @property
    def key(self) -> tuple[str, int]:
        """What a later run replaces it by."""
        return self.engine, self.asked_lines


def alone_summary(measured: Sequence[Alone]) -> tuple[dict[str, Any], ...]:
    """Return what is kept of pages that were opened by themselves."""
    return tuple(
        {
            "name": each.name, "role": each.role, "first_seconds": each.first_seconds,
            "cached_seconds": each.cached_seconds, "first_cpu": each.first_cpu,
            "cached_cpu": each.cached_cpu, "bytes": each.received_bytes,
            "queries": len(each.queries), "error": each.error,
            "slow": [asdict(query) for query in slow(each.queries)],
        }
        for each in measured
    )  # fmt: skip


def times(done: Sequence[Done]) -> dict[str, float | None]:
    """Return count, median, 95th percentile and worst; None is an answer that never came."""
    seconds = [each.seconds for each in done]
    return {
        "actions": len(seconds),
        "median": _finite(percentile(seconds, 0.5)),
        "p95": _finite(percentile(seconds, 0.95)),
        "worst": _finite(percentile(seconds, 1.0)),
    }


def crowd_summary(crowd: Crowd) -> dict[str, Any]:
    """Return what is kept of the visitors at once."""
    memory = Memory.of(crowd.samples)
    errors: dict[str, int] = {}
    for each in crowd.done:
        if each.error:
            errors[each.error] = errors.get(each.error, 0) + 1
    connections = [each.connections for each in crowd.samples if each.connections is not None]
    late = slow(crowd.queries)
    return {
        "sessions": crowd.sessions, "seconds": crowd.seconds, **times(crowd.done),
        "begun_late": max((each.begun - each.due for each in crowd.done), default=0.0),
        "errors": sum(errors.values()),
        "error_texts": sorted(errors.items(), key=lambda each: -each[1])[:ERRORS_SHOWN],
        "by_page": {
            name: times([each for each in crowd.done if each.name == name])
            for name in sorted({each.name for each in crowd.done})
        },
        "bytes_per_action": sum(each.received_bytes for each in crowd.done)
        / max(len(crowd.done), 1),
        "generator_cpu": crowd.generator_cpu, "page_cpu": crowd.page_cpu,
        "machine_cpu": crowd.machine_cpu, "cores": crowd.cores,
        "generator_lag": crowd.longest_lag,
        "memory": {**asdict(memory), "growth": memory.growth, "is_flat": memory.is_flat},
        "connections": max(connections) if connections else None,
        "queries": len(crowd.queries), "slow_queries": len(late),
        "slowest_query": asdict(late[0]) if late else None,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def keep(run: Run, path: Path) -> list[Run]:
    """Write a run in place of an earlier one of the same company; return all that are there."""
    kept = json.loads(path.read_text())["runs"] if path.exists() else []
    runs = {each.key: each for each in (Run(**one) for one in kept)}
    runs[run.key] = run
    ordered = [runs[key] for key in sorted(runs)]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    text = json.dumps({"runs": [asdict(each) for each in ordered]}, indent=1, allow_nan=False)
    partial.write_text(text + "\n")
    partial.replace(path)
    return ordered


# --- The page ---------------------------------------------------------------------------------


def markdown(runs: Sequence[Run]) -> str:
    """The whole page."""
    parts = ["# The page under load\n", ABOUT]
    for run in runs:
        parts += _run_parts(run)
    return "\n".join(parts)


def _run_parts(run: Run) -> list[str]:
    crowd = run.crowd
    title = f"## {NAMES[run.engine]}: {run.lines:,} lines, {run.customers:,} customers\n"
    packages = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    about = (
        f"{run.date}; {run.machine['cores']:g} cores, {run.machine['memory_gib']:g} GiB; "
        f"{run.version}, {packages}; {run.reps:,} sales reps who can sign in.\n"
    )
    parts = [title, about, table(("asked", "found"), asked_and_found(run))]
    if crowd["error_texts"]:
        rows = [(f"{count:,}", _cell(text)) for text, count in crowd["error_texts"]]
        parts += ["Errors:\n", table(("times", "error"), rows)]
    parts += ["### Alone\n", _alone_table(run.alone)]
    if slow_rows := _slow_rows(run.alone):
        parts += [
            f"Queries of more than {SLOW_MILLISECONDS:g} ms:\n",
            table(("page", "as", "query", "ms", "rows"), slow_rows),
        ]
    head = ("page", "actions", "median, s", "95th percentile, s", "worst, s")
    parts += [
        f"### {crowd['sessions']} sessions for {crowd['seconds']:g} s\n",
        table(
            head,
            [
                (name, f"{one['actions']:,}", *(_seconds(one[key]) for key in _TIMES))
                for name, one in {**crowd["by_page"], "all": crowd}.items()
            ],
        ),
    ]
    return parts


_TIMES = ("median", "p95", "worst")


def asked_and_found(run: Run) -> list[tuple[str, str]]:
    """What is asked of the page, beside what was found."""
    crowd, memory = run.crowd, run.crowd["memory"]
    limit = SMALL_SECONDS if run.lines <= SMALL_LINES else LARGE_SECONDS
    slow_alone = _slow_rows(run.alone)
    failed = [one for one in run.alone if one["error"]]
    connections = crowd["connections"]
    return [
        (f"every page within {limit:g} s", _slowest(run.alone, "first_seconds", limit)),
        (
            f"a cached page within {CACHED_SECONDS:g} s",
            _slowest(run.alone, "cached_seconds", CACHED_SECONDS),
        ),
        (
            f"a cached page for less than {1000 * CACHED_CPU_SECONDS:g} ms of CPU",
            _slowest(run.alone, "cached_cpu", CACHED_CPU_SECONDS),
        ),
        (
            "no page alone with an error",
            _judged(not failed, f"{len(failed)} of {len(run.alone)} with one"
                    + (f", such as {failed[0]['name']}: {_cell(failed[0]['error'])}"
                       if failed else "")),
        ),
        (
            f"no query over {SLOW_MILLISECONDS:g} ms",
            _judged(
                not slow_alone,
                f"{len(slow_alone)} of {sum(one['queries'] for one in run.alone):,}"
                + (f", the slowest {slow_alone[0][2]} in {slow_alone[0][3]} ms"
                   if slow_alone else ""),
            ),
        ),
        (
            f"{crowd['sessions']} sessions for {crowd['seconds']:g} s: no error",
            _judged(
                crowd["errors"] == 0, f"{crowd['errors']:,} of {crowd['actions']:,} actions failed"
            ),
        ),
        (
            f"95th percentile under {CROWD_SECONDS:g} s",
            _judged(
                crowd["p95"] is not None and crowd["p95"] < CROWD_SECONDS,
                f"{_seconds(crowd['p95'])} s; median {_seconds(crowd['median'])} s, worst "
                f"{_seconds(crowd['worst'])} s; begun late by {crowd['begun_late']:.2f} s at most",
            ),
        ),
        (
            f"memory flat: within {100 * FLAT_GROWTH:g} % over the last half",
            _judged(
                memory["is_flat"],
                f"{100 * memory['growth']:+.1f} % ({60 * memory['slope'] / MEBIBYTE:+.1f} MiB a "
                f"minute); {_mebibytes(memory['start'])} MiB at start, "
                f"{_mebibytes(memory['highest'])} at most, {_mebibytes(memory['end'])} at the end",
            ),
        ),
        (
            f"at most {MOST_CONNECTIONS} connections to the database",
            "no server" if connections is None
            else _judged(connections <= MOST_CONNECTIONS, f"{connections} at most"),
        ),
        (
            "the load generator's own CPU, reported",
            f"{100 * crowd['generator_cpu']:.0f} % of one core, woke "
            f"{1000 * crowd['generator_lag']:.0f} ms late at most; the page "
            f"{100 * crowd['page_cpu']:.0f} %, the whole machine "
            f"{100 * crowd['machine_cpu']:.0f} % of {100 * crowd['cores']} %",
        ),
        (
            "under load, reported",
            f"{crowd['queries']:,} queries, {crowd['slow_queries']:,} of them over "
            f"{SLOW_MILLISECONDS:g} ms as the page saw them, busy as it was"
            + (f" (the slowest: {_query(crowd['slowest_query'])})"
               if crowd["slowest_query"] else "")
            + f"; {crowd['bytes_per_action'] / 1024:,.0f} KiB an action",
        ),
    ]  # fmt: skip


def _judged(is_met: bool, text: str) -> str:
    return f"{'yes' if is_met else '**no**'}: {text}"


def _slowest(alone: Sequence[Mapping[str, Any]], key: str, limit: float) -> str:
    slowest = max(alone, key=lambda one: float(one[key]))
    over = sum(one[key] > limit for one in alone)
    return _judged(
        over == 0,
        f"at most {slowest[key]:.2f} s ({slowest['name']}, as {slowest['role']})"
        + (f"; {over} of {len(alone)} over" if over else ""),
    )


def _slow_rows(alone: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str, str, str]]:
    found = [(one, query) for one in alone for query in one["slow"]]
    found.sort(key=lambda each: -each[1]["milliseconds"])
    return [
        (one["name"], one["role"], _cell(query["name"]), f"{query['milliseconds']:,.0f}",
         f"{query['rows']:,}")
        for one, query in found
    ][:SLOW_SHOWN]  # fmt: skip


def _alone_table(alone: Sequence[Mapping[str, Any]]) -> str:
    head = (
        "page", "as", "first, s", "again, s", "CPU first, s", "CPU again, s", "queries",
        "slowest over 500 ms", "KiB",
    )  # fmt: skip
    rows = [
        (
            one["name"], one["role"],
            f"{one['first_seconds']:.2f}" + (" (error)" if one["error"] else ""),
            f"{one['cached_seconds']:.2f}", f"{one['first_cpu']:.2f}", f"{one['cached_cpu']:.2f}",
            str(one["queries"]), _query(one["slow"][0]) if one["slow"] else "",
            f"{one['bytes'] / 1024:,.0f}",
        )
        for one in alone
    ]  # fmt: skip
    return table(head, rows)


def _query(query: Mapping[str, Any]) -> str:
    return f"{_cell(query['name'])}, {query['milliseconds']:,.0f} ms"


def _seconds(value: float | None) -> str:
    return "never" if value is None else number(value)


def _mebibytes(count: int) -> str:
    return f"{count / MEBIBYTE:,.0f}"


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
