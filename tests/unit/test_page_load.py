"""The benchmark of the page: what it draws, counts and tells, without a page."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.page import visitor
from bench.page.figures import (
    Done,
    Memory,
    Query,
    Sample,
    percentile,
    queries_of,
    read_log,
    slope,
    slow,
)
from bench.page.load import Alone, Crowd
from bench.page.openings import ANALYST, MANAGER, OPENINGS, REP, Person, choose_people, plan
from bench.page.report import (
    Run,
    alone_summary,
    asked_and_found,
    crowd_summary,
    keep,
    markdown,
    times,
)
from bench.page.warehouse import FEWEST_REPS, REPS_OF_MANAGER, give_reps
from bench.page_load import Settings
from bench.settings import SettingError

MEBIBYTE = 2**20


# --- figures --------------------------------------------------------------------------------


def test_seconds_count_from_when_an_action_was_due() -> None:
    late = Done("Overview", due=10.0, begun=14.0, ended=15.5)
    assert late.seconds == 5.5


def test_an_action_that_failed_never_ends() -> None:
    done = [Done("Overview", 0, 0, 1)] * 18 + [Done("Overview", 0, 0, 0.1, "lost connection")] * 2
    assert times(done) == {"actions": 20, "median": 1.0, "p95": None, "worst": None}
    one_in_twenty = times(done[:19] + done[:1])
    assert (one_in_twenty["p95"], one_in_twenty["worst"]) == (1.0, None)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 10.0), (0.95, 19.0), (0.951, 20.0), (1.0, 20.0), (0.0, 1.0)]
)
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([float(value) for value in range(20, 0, -1)], share) == expected


def test_there_is_no_percentile_of_nothing() -> None:
    assert math.isnan(percentile([], 0.5))


def test_slope_is_that_of_the_least_squares_line() -> None:
    assert slope([(0, 1), (1, 3), (2, 5)]) == 2
    assert slope([(0, 0), (1, 3), (2, 0)]) == 0
    assert slope([(3, 1)]) == slope([(3, 1), (3, 9)]) == 0


def test_memory_is_judged_by_its_last_half() -> None:
    def memory(mebibytes: list[int]) -> Memory:
        return Memory.of([Sample(10.0 * n, m * MEBIBYTE, 0, None) for n, m in enumerate(mebibytes)])

    grown_first = memory([100, 150, 200, 200, 200])
    assert grown_first.is_flat
    assert (grown_first.start, grown_first.end) == (100 * MEBIBYTE, 200 * MEBIBYTE)
    assert grown_first.half_seconds == 20
    growing = memory([100, 150, 160, 180, 200])
    assert growing.slope == 2 * MEBIBYTE
    assert growing.growth == pytest.approx(0.2)
    assert not growing.is_flat
    assert not memory([100, 200, 200, 180, 160]).is_flat


def test_queries_are_read_from_the_log_of_the_page() -> None:
    known = queries_of({"CARDS": "\nselect\n    1 as one\n", "log": "select 2", "N": 3})
    lines = [
        "2026-01-02 03:04:05,678 dashboard 12 rows in 634 ms: select 1 as one",
        "2026-01-02 03:04:05,678 dashboard 0 rows in 3 ms: select 2\n",
        "2026-01-02 03:04:05,678 dashboard pool of 2 to 10 connections to localhost:5432",
        "something else",
    ]
    assert read_log(lines, known) == [Query("CARDS", 12, 634.0), Query("select 2", 0, 3.0)]


def test_queries_with_the_same_beginning_are_named_together() -> None:
    beginning = "select " + "a" * 80
    known = queries_of({f"Q{number}": f"{beginning}\n{number}" for number in range(2)})
    line = f"dashboard 1 rows in 2 ms: {beginning[:80]}"
    assert read_log([line], known) == [Query("Q0 or Q1", 1, 2.0)]
    known = queries_of({f"Q{number}": f"{beginning}\n{number}" for number in range(9)})
    assert read_log([line], known) == [Query("Q0 or 8 that begin alike", 1, 2.0)]


def test_slow_is_more_than_half_a_second() -> None:
    queries = [Query("A", 1, 500), Query("B", 1, 501), Query("C", 1, 900)]
    assert [query.name for query in slow(queries)] == ["C", "B"]


# --- visitors -------------------------------------------------------------------------------


def person(role: str, number: int) -> Person:
    return Person(f"{role}.{number}@page.example", role, ("C1", "C2"))


def test_the_same_visitor_does_the_same_every_ten_seconds() -> None:
    actions = plan(3, person(REP, 0), 300)
    assert actions == plan(3, person(REP, 0), 300) != plan(4, person(REP, 0), 300)
    assert len(actions) == 30
    assert 0 <= actions[0].due < 10
    gaps = {round(b.due - a.due, 6) for a, b in pairwise(actions)}
    assert gaps == {10.0}
    assert all(
        (action.customer in ("C1", "C2")) == action.opening.of_customer for action in actions
    )


def test_who_has_no_customers_opens_none() -> None:
    actions = plan(0, replace(person(REP, 0), customers=()), 3000)
    assert actions and not any(action.opening.of_customer for action in actions)


def test_the_mix_adds_up_and_is_drawn_as_it_says() -> None:
    assert sum(opening.weight for opening in OPENINGS) == 100
    names = [action.opening.name for n in range(200) for action in plan(n, person(REP, 0), 300)]
    for opening in OPENINGS:
        assert names.count(opening.name) / len(names) == pytest.approx(
            opening.weight / 100, abs=0.02
        )


def test_most_visitors_are_reps_and_nobody_comes_twice_before_all_came_once() -> None:
    known = {role: [person(role, n) for n in range(35)] for role in (REP, MANAGER, ANALYST)}
    people = choose_people(known, 50)
    roles = [each.role for each in people]
    assert [roles.count(role) for role in (REP, MANAGER, ANALYST)] == [35, 10, 5]
    assert len(set(people)) == 50


def test_the_address_of_a_customer_names_them() -> None:
    items = next(each for each in OPENINGS if each.name == "Customer, items")
    assert items.address("C1") == {"customer": "C1", "show": "Items"}
    overview = next(each for each in OPENINGS if each.name == "Overview, 7D")
    assert overview.address("C1") == {"period": "7D"}


def test_what_a_message_says_is_wrong() -> None:
    def alert(kind: Alert.Format.ValueType) -> ForwardMsg:
        message = ForwardMsg()
        message.delta.new_element.alert.format = kind
        message.delta.new_element.alert.body = "broken"
        return message

    assert visitor._problem(alert(Alert.ERROR), "") == "alert: broken"
    assert visitor._problem(alert(Alert.WARNING), "") is None
    raised = ForwardMsg()
    raised.delta.new_element.exception.type = "KeyError"
    assert visitor._problem(raised, "") == "exception: KeyError: "


def test_another_page_than_the_one_asked_for_is_wrong() -> None:
    shown = ForwardMsg()
    for path in ("my_customers", "overview"):
        page = shown.navigation.app_pages.add()
        page.url_pathname = page.page_script_hash = path
        page.is_default = path == "my_customers"
    shown.navigation.page_script_hash = "overview"
    assert visitor._problem(shown, "overview") is None
    assert visitor._problem(shown, "") == "page 'overview' came in place of ''"
    shown.navigation.page_script_hash = "my_customers"
    assert visitor._problem(shown, "") is None
    assert visitor._problem(shown, "overview") is not None


# --- the company ----------------------------------------------------------------------------


def test_customers_are_spread_over_many_reps_once(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'C' || number as customer_code_365,
                    case when number < 10 then '' else 'R03' end as sales_rep_code
                from range(1000) as numbers(number)
            ) to '{tmp_path}/dw_customer.parquet' (format parquet);
            copy (
                select * from (values
                    ('R01', 'Orla', 'o@x.example', 'North', ''),
                    ('R03', 'Nuala', 'n@x.example', 'East', 'R01'),
                    (null, 'Vacant', null, 'South', null)
                ) as reps(sales_rep_code, sales_rep_name, email, region, manager_code)
            ) to '{tmp_path}/dw_sales_rep.parquet' (format parquet);
            """
        )
        assert give_reps(tmp_path) == FEWEST_REPS

        def counts() -> list[tuple[Any, ...]]:
            return connection.execute(
                f"""
                select
                    (select count(*) from '{tmp_path}/dw_sales_rep.parquet'),
                    (select count(distinct manager_code) from '{tmp_path}/dw_sales_rep.parquet'
                        where sales_rep_code like 'B%'),
                    (select count(distinct email) from '{tmp_path}/dw_sales_rep.parquet'),
                    (select count(*) from '{tmp_path}/dw_customer.parquet'
                        where sales_rep_code = ''),
                    (select count(distinct customers.sales_rep_code)
                        from '{tmp_path}/dw_customer.parquet' as customers
                        inner join '{tmp_path}/dw_sales_rep.parquet' as reps
                            on customers.sales_rep_code = reps.sales_rep_code)
                """
            ).fetchall()

        managers = FEWEST_REPS // REPS_OF_MANAGER
        expected = (
            3 + FEWEST_REPS + managers,
            managers,
            2 + FEWEST_REPS + managers,
            10,
            FEWEST_REPS,
        )
        assert counts() == [expected]
        give_reps(tmp_path)
        assert counts() == [expected]


# --- settings and report ----------------------------------------------------------------------


def test_settings_have_defaults_and_bounds(tmp_path: Path) -> None:
    settings = Settings.of({"SESSIONS": "", "DUCKDB_PATH": "ignored on PostgreSQL"})
    assert (
        settings.engine, settings.lines, settings.customers, settings.sessions, settings.seconds
    ) == (
        "postgres", 600_000, 5_000, 50, 300,
    )  # fmt: skip
    assert settings.duckdb_path is None
    for wrong in (
        {"ENGINE": "spark"}, {"SESSIONS": "0"}, {"SESSIONS": "many"}, {"SECONDS": "1e3"},
        {"SECONDS": "86400"}, {"LINES": "10000", "CUSTOMERS": "2000"},
        {"ENGINE": "duckdb", "DUCKDB_PATH": str(tmp_path / "none")},
    ):  # fmt: skip
        with pytest.raises(SettingError):
            Settings.of(wrong)


def alone(name: str = "Overview", **changes: Any) -> Alone:
    plain = Alone(name, REP, 1.2, 0.3, 0.4, 0.05, 2048, (Query("CARDS", 3, 40),))
    return replace(plain, **changes)


def crowd(**changes: Any) -> Crowd:
    plain = Crowd(
        sessions=50,
        seconds=300,
        done=tuple(Done("Overview", n, n, n + 1.0, None, 1024) for n in range(100)),
        samples=tuple(Sample(n, 300 * MEBIBYTE, n / 2, 4) for n in range(300)),
        queries=(Query("CARDS", 1, 20), Query("TREND", 1, 700)),
        generator_cpu=0.12,
        page_cpu=0.8,
        machine_cpu=1.5,
        cores=2,
        longest_lag=0.02,
    )
    return replace(plain, **changes)


def a_run(*, lines: int = 600_000, pages: tuple[Alone, ...] = (), load: Crowd | None = None) -> Run:
    return Run(
        "postgres", "PostgreSQL 17", lines, lines, 5000, 48,
        alone_summary(pages or (alone(),)), crowd_summary(load or crowd()), "2026-01-02",
        {"cores": 2, "memory_gib": 8.0}, {"streamlit": "1.67"},
    )  # fmt: skip


def found(run: Run, asked: str) -> str:
    (answer,) = [answer for question, answer in asked_and_found(run) if question.startswith(asked)]
    return answer


def test_what_is_met_says_yes() -> None:
    run = a_run()
    verdicts = [answer.partition(":")[0] for _, answer in asked_and_found(run)]
    assert verdicts[:9] == ["yes"] * 9
    assert found(run, "every page within 2 s").startswith("yes: at most 1.20 s (Overview, as rep)")
    assert "12 % of one core" in found(run, "the load generator")
    assert "1 of them over 500 ms" in found(run, "under load")


def test_what_is_not_met_says_no() -> None:
    slow_page = alone("Baskets", first_seconds=2.5, cached_cpu=0.2, queries=(Query("R", 1, 800),))
    failed = Done("Overview", 5, 9, 9.1, "lost connection: ConnectionClosedError")
    late = tuple(Done("Overview", n, n + 3, n + 4.5) for n in range(20))
    growing = tuple(Sample(n, (300 + n) * MEBIBYTE, n / 2, 12) for n in range(300))
    run = a_run(
        pages=(alone(), slow_page, alone("Cohorts", error="alert: a | b")),
        load=crowd(done=(*late, failed), samples=growing),
    )
    assert found(run, "every page").startswith("**no**: at most 2.50 s (Baskets, as rep); 1 of 3")
    assert found(run, "a cached page within").startswith("yes")
    assert found(run, "a cached page for").startswith("**no**: at most 0.20 s")
    assert "1 of 3 with one, such as Cohorts: alert: a \\| b" in found(run, "no page alone")
    assert found(run, "no query over").startswith("**no**: 1 of 3, the slowest R in 800 ms")
    assert found(run, "50 sessions").startswith("**no**: 1 of 21 actions failed")
    assert found(run, "95th").startswith("**no**: 4.50 s; median 4.50 s, worst never")
    assert found(run, "memory flat").startswith("**no**")
    assert found(run, "at most 10").startswith("**no**: 12 at most")


def test_a_large_company_has_three_seconds() -> None:
    run = a_run(lines=10_000_000, pages=(alone(first_seconds=2.5),))
    assert found(run, "every page within 3 s").startswith("yes")


def test_a_later_run_replaces_that_of_the_same_company(tmp_path: Path) -> None:
    path = tmp_path / "results" / "page.json"
    keep(a_run(), path)
    keep(a_run(lines=10_000_000), path)
    runs = keep(a_run(load=crowd(done=(Done("Overview", 0, 0, 1, "failed"),))), path)
    assert [run.asked_lines for run in runs] == [600_000, 10_000_000]
    assert runs[0].crowd["errors"] == 1
    assert runs[0].crowd["worst"] is None
    assert len(json.loads(path.read_text())["runs"]) == 2
    page = markdown(runs)
    assert "## PostgreSQL: 10,000,000 lines, 5,000 customers" in page
    assert "2026-01-02; 2 cores, 8 GiB" in page
    assert "| 1 | failed |" in page
