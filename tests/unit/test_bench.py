"""The benchmark's own logic: what it measures, keeps and tells."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import psutil
import pytest

from bench import measure
from bench.engines import Spark
from bench.measure import DONE, FAILED, OUT_OF_MEMORY, STOPPED
from bench.peers.pairs import frequent_basket_count
from bench.picture import CURVES, draw, points
from bench.report import markdown, number, table
from bench.results import BUILD, COMPANY, PAIRS, SCRIPT, Result, Store
from bench.run import middle
from bench.run_results import covered, read_timing
from bench.settings import SettingError, Settings

MEBIBYTE = 2**20


# --- measuring ------------------------------------------------------------------------------


def run_python(code: str, tmp_path: Path, **options: float) -> measure.Outcome:
    return measure.run([sys.executable, "-c", code], tmp_path / "log", **options)  # type: ignore[arg-type]


def test_seconds_and_memory_are_those_of_the_command(tmp_path: Path) -> None:
    outcome = run_python("import time; kept = bytearray(200 << 20); time.sleep(5)", tmp_path)
    assert outcome.status == DONE
    assert 5 <= outcome.seconds < 30
    assert 200 * MEBIBYTE < outcome.peak_bytes < 300 * MEBIBYTE


def test_memory_of_children_counts_and_pages_they_share_count_once(tmp_path: Path) -> None:
    code = """
import os, time
kept = bytearray(200 << 20)
child = os.fork()
own = bytearray(100 << 20) if child == 0 else None
time.sleep(5)
"""
    outcome = run_python(code, tmp_path)
    assert 300 * MEBIBYTE < outcome.peak_bytes < 420 * MEBIBYTE


def test_a_command_is_stopped_at_its_limit_with_all_it_started(tmp_path: Path) -> None:
    told = tmp_path / "child"
    code = f"""
import pathlib, subprocess
child = subprocess.Popen(["sleep", "60"])
pathlib.Path({str(told)!r}).write_text(str(child.pid))
child.wait()
"""
    outcome = run_python(code, tmp_path, limit_seconds=2.0)
    assert outcome.status == STOPPED
    assert 2 <= outcome.seconds < 10
    child = int(told.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_command_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    code = "import time; kept = bytearray(300 << 20); time.sleep(60)"
    share = 200 * MEBIBYTE / psutil.virtual_memory().total
    outcome = run_python(code, tmp_path, memory_share=share)
    assert outcome.status == OUT_OF_MEMORY
    assert outcome.seconds < 30


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise MemoryError", OUT_OF_MEMORY),
        ("raise ValueError('no such column')", FAILED),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", OUT_OF_MEMORY),
    ],
)
def test_how_a_command_failed_is_told(code: str, status: str, tmp_path: Path) -> None:
    assert run_python(code, tmp_path).status == status


# --- dbt's own time -------------------------------------------------------------------------


def test_time_that_intervals_share_counts_once() -> None:
    assert covered([(0, 2), (1, 3), (5, 6), (5, 5.5)]) == 4
    assert covered([]) == 0


def test_node_time_and_the_pair_step_are_read_from_run_results(tmp_path: Path) -> None:
    def node(name: str, start: int, end: int, seconds: float) -> dict[str, object]:
        moment = "2026-06-30T10:00:{:02d}.500000Z"
        times = {"started_at": moment.format(start), "completed_at": moment.format(end)}
        return {"unique_id": name, "timing": [times], "execution_time": seconds}

    results = [
        node("model.project.basket_item", 0, 4, 4.5),
        node("model.project.daily_sales", 2, 5, 3.0),
        node("model.project.basket_rule", 6, 7, 1.25),
        node("test.project.basket_item_grain", 10, 12, 2.0),
        node("test.project.daily_sales_grain", 4, 5, 1.0),
    ]
    path = tmp_path / "run_results.json"
    path.write_text(json.dumps({"results": results}))
    timing = read_timing(path)
    assert timing.node_seconds == pytest.approx(5 + 1 + 2)
    assert timing.table_seconds == pytest.approx(5 + 1)
    assert timing.test_seconds == pytest.approx(2)
    assert timing.pair_seconds == pytest.approx(5.75)


# --- results --------------------------------------------------------------------------------


def result(**values: object) -> Result:
    seconds = {"load": 1.5, "full": 20.0, "models": 11.0, "tests": 4.0, "own": 5.0, "refresh": 12.0}
    seconds |= {"script_marts": 7.0}
    made = Result(
        BUILD, COMPANY, 1_000_000, "duckdb", seconds=seconds, peak_bytes=3 * 2**29, size_bytes=2**28
    )
    return replace(made, date="2026-06-30", machine={"cores": 2, "memory_gib": 24}, **values)  # type: ignore[arg-type]


def test_a_later_run_replaces_the_earlier_one_of_its_kind_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "new" / "benchmark.json"
    store = Store(path)
    other = result(lines=10_000_000)
    for each in (result(), other, result(size_bytes=5), result(subject="postgres")):
        store.add(each)
    kept = Store(path).results
    assert len(kept) == 3
    assert result(size_bytes=5) in kept and other in kept


def cells(page: str, start: str) -> list[list[str]]:
    rows = [line for line in page.splitlines() if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_page_tells_each_build_in_a_row() -> None:
    (row,) = cells(markdown([result()]), "1,000,000")
    assert row == [
        "1,000,000", "DuckDB", "1.50", "20.0", "11.0", "4.00", "5.00", "", "7.00", "12.0", "", "",
        "1.50", "0.25", "2026-06-30",
    ]  # fmt: skip


def test_the_page_tells_honestly_how_a_peer_ended() -> None:
    stopped = result(
        kind=SCRIPT, subject="pandas", status=STOPPED, seconds={"read": 3.0, "total": 900.0}
    )
    (row,) = cells(markdown([stopped]), "1,000,000")
    assert row[1] == "pandas + mlxtend script"
    assert row[3] == "stopped after 900 s"


def test_pair_methods_are_told_as_multiples_of_duckdb_on_the_same_baskets() -> None:
    def pairs(subject: str, support: float, count: float, **values: object) -> Result:
        seconds = {"encode": 1.0, "count": count, "judge": 7.0, "total": 99.0}
        return result(kind=PAIRS, subject=subject, support=support, seconds=seconds, **values)

    page = markdown(
        [
            pairs("duckdb", 0.01, 1.0),
            pairs("mlxtend", 0.01, 9.0),
            pairs("fpgrowth", 0.01, 9.0, status=OUT_OF_MEMORY),
            pairs("scipy", 0.001, 1.0),
        ]
    )
    rows = {row[3]: row for row in cells(page, "generated company")}
    assert rows["DuckDB"][4:9] == ["1.00", "1.00", "2.00", "1.0", "7.00"]
    assert rows["mlxtend fpgrowth"][6:8] == ["10.0", "5.0"]
    assert rows["Spark FPGrowth"][6:8] == ["out of memory after 99.0 s", ""]
    assert rows["scipy sparse product"][7] == ""


def test_numbers_have_three_figures() -> None:
    assert [number(each) for each in (None, 0.034, 9.994, 45.67, 1234.5)] == [
        "", "0.03", "9.99", "45.7", "1234",
    ]  # fmt: skip


def test_a_table_has_as_many_cells_in_every_row() -> None:
    lines = table(["a", "b"], [["1", ""], ["", "2"]]).splitlines()
    assert {line.count("|") for line in lines} == {3}


def test_the_picture_shows_runs_on_companies_that_ended(tmp_path: Path) -> None:
    runs = [
        result(),
        result(lines=10_000_000),
        result(lines=100_000_000, status=STOPPED),
        result(lines=5, data="online_retail"),
    ]
    full = next(curve for curve in CURVES if (curve.subject, curve.part) == ("duckdb", "full"))
    assert points(full, runs) == [(1_000_000, 20.0), (10_000_000, 20.0)]
    draw(runs, tmp_path / "benchmark.svg")
    text = (tmp_path / "benchmark.svg").read_text()
    assert "DuckDB, full build" in text
    assert "PostgreSQL" not in text


def test_the_middle_one_is_kept_whole() -> None:
    assert middle([3.0, 1.0, 2.0], lambda each: each) == 2.0
    assert middle([4.0, 1.0], lambda each: each) == 1.0


# --- engines --------------------------------------------------------------------------------


def test_tables_of_spark_are_read_and_appended_to_by_their_files(tmp_path: Path) -> None:
    engine = Spark(tmp_path)
    item = tmp_path / "spark-warehouse" / "dw.db" / "dw_item__0123456789ab"
    month = tmp_path / "spark-warehouse" / "core.db" / "fact" / "invoice_month=2024-05-01"
    day, out = tmp_path / "day.parquet", tmp_path / "out.parquet"
    for folder in (item, month):
        folder.mkdir(parents=True)
    duckdb.execute(f"copy (select 'A' as item, 1.5 as price) to '{item}/1.parquet'")
    duckdb.execute(f"copy (select 'A' as item, 7 as lines) to '{month}/1.parquet'")
    duckdb.execute(f"copy (select 2 as price, 'B' as item) to '{day}'")
    before = engine.size_bytes()

    engine.append("dw.dw_item", day)

    assert engine.size_bytes() > before
    assert engine.count("dw.dw_item") == 2
    engine.export(
        "select item, price, lines, invoice_month from dw.dw_item left join core.fact using (item)",
        out,
    )
    rows = duckdb.execute(f"from '{out}' order by item").fetchall()
    assert rows == [
        ("A", Decimal("1.5"), 7, date(2024, 5, 1)), ("B", Decimal("2.0"), None, None)
    ]  # fmt: skip


# --- settings and thresholds ----------------------------------------------------------------


def test_settings_have_defaults() -> None:
    settings = Settings.of({"FILE": "", "LINES": ""})
    assert settings.engines == ("duckdb", "postgres")
    assert settings.lines == (1_000_000,)
    assert settings.file is None
    assert settings.supports == (0.001,)
    assert settings.has_refresh


def test_settings_are_read(tmp_path: Path) -> None:
    file = tmp_path / "lines.parquet"
    file.touch()
    settings = Settings.of(
        {
            "ENGINES": "duckdb",
            "LINES": "1e6 10000000",
            "PEERS": "none",
            "FILE": str(file),
            "SUPPORTS": "0.01 0.002",
            "PEER_SECONDS": "60",
            "REFRESH": "none",
        }
    )
    assert settings.lines == (1_000_000, 10_000_000)
    assert settings.peers == ()
    assert settings.file == file
    assert settings.supports == (0.002,)
    assert settings.peer_seconds == 60
    assert not settings.has_refresh


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ENGINES", "oracle", "oracle"),
        ("ENGINES", "none", "ENGINES"),
        ("PEERS", "pandas polars", "polars"),
        ("LINES", "many", "LINES must be numbers"),
        ("LINES", "-5", "LINES must be above 0"),
        ("FILE", "/no/such/file", "/no/such/file"),
        ("REFRESH", "never", "REFRESH may be none"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingError, match=told):
        Settings.of({name: value})


def test_the_frequent_count_is_exact() -> None:
    assert frequent_basket_count(1000, 0.01) == 10
    assert frequent_basket_count(1001, 0.01) == 11
    assert frequent_basket_count(100, 0.01) == 5
    assert frequent_basket_count(700, 0.07) == 49
