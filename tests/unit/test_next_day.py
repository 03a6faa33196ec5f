"""The day after the last of a generated company fits onto its tables."""

import csv
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bench.demo import invoices
from bench.demo.contract import TABLES
from bench.demo.next_day import HEADER, LINE, NextDay, write_next_day
from bench.demo_company import main

LAST = date(2026, 6, 30)
DAY = date(2026, 7, 1)
SIZE = ["--lines", "60000", "--customers", "900", "--months", "18"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    assert main(["--out", str(folder), *SIZE]) == 0
    return folder


@pytest.fixture(scope="module")
def day(company: Path) -> NextDay:
    return write_next_day(company, company / "day")


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_day_is_the_next_working_day(company: Path, day: NextDay) -> None:
    assert day.day == DAY
    dates = Counter(
        date.fromisoformat(row["invoice_date"]) for row in rows(company / "day", HEADER)
    )
    assert max(dates) == DAY
    assert dates[DAY] == day.invoices - day.late_invoices


def test_one_in_a_hundred_invoices_is_late(company: Path, day: NextDay) -> None:
    dates = [date.fromisoformat(row["invoice_date"]) for row in rows(company / "day", HEADER)]
    late = [each for each in dates if each < DAY]
    assert len(late) == day.late_invoices
    assert 0.005 * day.invoices < len(late) < 0.02 * day.invoices + 1
    assert 0 < day.late_lines < day.lines * 0.05


def test_late_is_a_working_day_at_most_sixty_days_before(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "LATE_SHARE", 1.0)
    write_next_day(company, tmp_path)
    late = {
        date.fromisoformat(row["invoice_date"])
        for row in rows(tmp_path, HEADER)
        if row["invoice_type"] == "sale"
    }
    assert DAY - timedelta(days=60) <= min(late) < DAY - timedelta(days=40)
    assert max(late) < DAY
    assert all(each.isoweekday() < 7 for each in late)


def test_the_day_has_as_many_lines_as_a_day_of_the_month_before(
    company: Path, day: NextDay
) -> None:
    june = {
        row["invoice_no_365"]: row["invoice_date"]
        for row in rows(company, HEADER)
        if row["invoice_date"].startswith("2026-06")
    }
    june_lines = sum(row["invoice_no_365"] in june for row in rows(company, LINE))
    assert day.lines == pytest.approx(june_lines / 26, rel=0.35)


def test_no_number_of_the_day_was_given_before(company: Path, day: NextDay) -> None:
    for table, key in ((HEADER, "invoice_no_365"), (LINE, "id")):
        before = {row[key] for row in rows(company, table)}
        arriving = [row[key] for row in rows(company / "day", table)]
        assert len(set(arriving)) == len(arriving)
        assert not before & set(arriving)


def test_every_line_of_the_day_has_its_header_and_every_header_its_lines(
    company: Path, day: NextDay
) -> None:
    of_lines = Counter(row["invoice_no_365"] for row in rows(company / "day", LINE))
    assert set(of_lines) == {row["invoice_no_365"] for row in rows(company / "day", HEADER)}
    assert sum(of_lines.values()) == day.lines


def test_the_same_company_gets_the_same_day_in_its_own_format(
    company: Path, day: NextDay, tmp_path: Path
) -> None:
    assert write_next_day(company, tmp_path / "again") == day
    again = (tmp_path / "again" / f"{LINE}.csv").read_bytes()
    assert again == (company / "day" / f"{LINE}.csv").read_bytes()
    assert main(["--out", str(tmp_path), *SIZE, "--format", "parquet"]) == 0
    assert write_next_day(tmp_path, tmp_path / "day") == day
    typed = pq.read_table(tmp_path / "day" / f"{HEADER}.parquet")
    assert typed.num_rows == day.invoices
    assert typed.column_names == list(TABLES[HEADER])
