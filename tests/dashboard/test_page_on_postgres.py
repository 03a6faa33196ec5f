"""The page on PostgreSQL, which itself keeps one rep's rows from another, and may go away.

The page connects as its role, with policies that bind it: see docs/access.md.
"""

from __future__ import annotations

import csv
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest
import streamlit as st
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from dashboard import queries, warehouse
from ingest.connections import postgres_settings
from tests.dashboard.conftest import APP
from tests.dashboard.serving import (
    INES,
    MILLISECONDS_TO_SETTLE,
    NUALA,
    PAVEL,
    TOMAS,
    Server,
    chromium,
    go,
    identity_provider,
    new_page,
    running_again,
    serving,
    settle,
    sign_in,
)
from tests.independent.access import customer_access
from tests.warehouse.comparing import expected_star
from tests.warehouse.engines.postgres import PostgresEngine
from tests.warehouse.harness import SCHEMA_OF_TESTS, Company, demo_tables
from tests.warehouse.roles import ANALYST_LOGIN, PAGE, PAGE_LOGIN, PASSWORD, owner, session

PAGES = (
    "", "customer", "overview", "customers", "cohorts", "baskets", "patterns", "top_lists", "lines",
)  # fmt: skip
LISTS = ("", "top_lists", "lines?kind=spend")
"""Addresses of pages that list every rep's customers."""
WITH_CUSTOMERS = (*LISTS, "customers", "overview")
"""Addresses of pages that show and export rows of customers."""
CORE, MARTS = f"{SCHEMA_OF_TESTS}_core", f"{SCHEMA_OF_TESTS}_marts"
BROKEN = "This could not be read"


def environment_of(
    engine: PostgresEngine, user: str | None = PAGE_LOGIN, password: str = PASSWORD
) -> dict[str, str]:
    """The variables that point the page at the warehouse, as some role; None is the builder."""
    login = {} if user is None else {"PGUSER": user, "PGPASSWORD": password}
    return {
        "DBT_TARGET": "postgres", "DBT_SCHEMA": SCHEMA_OF_TESTS, **engine.settings(), **login
    }  # fmt: skip


def customers_of(engine: PostgresEngine, rep: str) -> dict[str, str]:
    """Names of a rep's customers by id, those with the most revenue first."""
    with owner(engine) as cursor:
        cursor.execute(
            f"select customer_id, customer_name from {MARTS}.customer_360"
            " where sales_rep_id = %s order by revenue desc, customer_id",
            (rep,),
        )
        return dict(cursor.fetchall())


def spend_of(engine: PostgresEngine, customer: str) -> float:
    """What a customer has spent, by the mart."""
    with owner(engine) as cursor:
        cursor.execute(
            f"select actual_spend from {MARTS}.share_of_wallet where customer_id = %s", (customer,)
        )
        ((spend,),) = cursor.fetchall()
    return float(spend)


# The connection, without a browser.


@contextmanager
def connected(
    engine: PostgresEngine, user: str | None = PAGE_LOGIN
) -> Iterator[warehouse.PostgresSource]:
    """The page's way to the warehouse, as some role; None is the builder."""
    with patch.dict("os.environ", environment_of(engine, user)):
        st.cache_resource.clear()
        source = warehouse.source()
        assert isinstance(source, warehouse.PostgresSource)
        yield source
    st.cache_resource.clear()


@pytest.fixture
def source(demo_on_postgres: PostgresEngine) -> Iterator[warehouse.PostgresSource]:
    with connected(demo_on_postgres) as source:
        yield source


def test_viewers_see_the_customers_of_the_independent_calculation(
    source: warehouse.PostgresSource,
) -> None:
    star = expected_star(Company({"dw": demo_tables()}, {"build_date": "2026-12-31"}))
    expected = {row["customer_id"]: row["viewers"] for row in customer_access(star)}
    seen: dict[str, set[str]] = {}
    reps = [code for row in demo_tables()["dw_sales_rep"] if (code := row["sales_rep_code"])]
    for rep in reps:
        _, rows = source.read(rep, "select customer_id from dim_customer", {})
        for customer in rows["customer_id"].to_pylist():
            seen.setdefault(customer, set()).add(rep)
    assert seen.keys() == expected.keys()
    assert [name for name in seen if frozenset(seen[name]) not in expected[name]] == []
    for nobody in (warehouse.NOTHING, "R99", "R05' or '1' = '1"):
        assert source.read(nobody, "select 1 from dim_customer", {})[1].num_rows == 0


TYPED = {
    "quote": "' or 1 = 1 --", "statement": "'; drop table dim_customer; --", "percent": "%",
    "format": "%s %(name)s %%", "placeholder": "$name $viewer", "backslash": "\\' or 1 = 1 --",
    "everything": "*", "long": "x'%$" * 2_500,
}  # fmt: skip


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_what_is_typed_is_a_value(source: warehouse.PostgresSource, typed: str) -> None:
    sql = "select cast($name as text) as name, '%' as percent, 7 % 4 as remainder"
    _, rows = source.read("R05", sql, {"name": typed})
    assert rows.to_pylist() == [{"name": typed, "percent": "%", "remainder": 3}]
    sql = "select customer_id from dim_customer where customer_name = $name"
    assert source.read("R05", sql, {"name": typed})[1].num_rows == 0


def test_a_text_that_postgresql_cannot_hold_is_nobodys_name(
    source: warehouse.PostgresSource,
) -> None:
    sql = "select customer_id from dim_customer where customer_id = $name"
    ((customer, *_),) = [source.read("R05", "select customer_id from dim_customer", {})[1][0]]
    for typed in (f"{customer}\0", f"{customer}\ud800"):
        assert source.read("R05", sql, {"name": typed})[1].num_rows == 0


def test_a_query_that_takes_too_long_says_so(
    source: warehouse.PostgresSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "QUERY_SECONDS", 1)
    with pytest.raises(warehouse.QueryFailed, match=r"longer than 1 second.*shorter period"):
        source.read("*", "select pg_sleep(30)", {})
    assert source.read("*", "select 1 as one", {})[1].num_rows == 1


def test_the_pool_has_two_to_ten_connections(
    demo_on_postgres: PostgresEngine,
    source: warehouse.PostgresSource,
    caplog: pytest.LogCaptureFixture,
) -> None:
    query = (
        "select pid from pg_stat_activity where application_name = 'customer-opportunity page'"
        " and datname = current_database()"
    )
    ended = threading.Event()
    counts: Counter[int] = Counter()
    with owner(demo_on_postgres) as cursor:

        def sessions() -> set[int]:
            cursor.execute(query)
            return {pid for (pid,) in cursor.fetchall()}

        others = sessions()
        with caplog.at_level(logging.INFO, "dashboard"):
            source.read("R05", "select 1 as one", {})
        (said,) = [text for text in caplog.messages if text.startswith("pool of")]
        assert said.startswith("pool of 2 to 10 connections to ") and PAGE_LOGIN in said
        assert len(sessions() - others) == 2

        def count() -> None:
            while not ended.is_set():
                counts[len(sessions() - others)] += 1

        with ThreadPoolExecutor(41) as threads:
            counting = threads.submit(count)
            reads = [
                threads.submit(source.read, "R05", "select pg_sleep(0.05)", {}) for _ in range(400)
            ]
            rows = [read.result()[1].num_rows for read in reads]
            ended.set()
            counting.result()
        assert rows == [1] * 400
        assert min(counts) >= 2 and max(counts) == 10, counts
        assert 2 <= len(sessions() - others) <= 10


def test_a_connection_that_is_lost_between_queries_is_not_noticed(
    demo_on_postgres: PostgresEngine, source: warehouse.PostgresSource
) -> None:
    query = "select pg_backend_pid() as pid"
    (lost,) = source.read("R05", query, {})[1]["pid"].to_pylist()
    with owner(demo_on_postgres) as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", (lost,))
    assert source.read("R05", query, {})[1]["pid"].to_pylist() != [lost]


@pytest.mark.parametrize("table", warehouse.LARGE_TABLES)
@pytest.mark.parametrize("viewer", ["R01", "R02", "R05"])
def test_rows_found_by_customers_are_those_of_the_policies(
    demo_on_postgres: PostgresEngine, source: warehouse.PostgresSource, table: str, viewer: str
) -> None:
    counted = "select count(*) as row_count, min(customer_id) as first, max(customer_id) as last"
    for query in (f"{counted} from {table}", f"with x as (select * from {table}) {counted} from x"):
        assert "customer_access as seen" in warehouse.by_customers(query, SCHEMA_OF_TESTS)
        _, found = source.read(viewer, query, {})
        with session(demo_on_postgres) as cursor:
            cursor.execute("select set_config('opportunity.viewer', %s, false)", (viewer,))
            layer = warehouse.LARGE_TABLES[table]
            cursor.execute(f"{counted} from {SCHEMA_OF_TESTS}_{layer}.{table}")
            assert [tuple(row.values()) for row in found.to_pylist()] == cursor.fetchall()


@pytest.mark.parametrize(
    "name",
    [
        "OVERVIEW_CARDS_OF_SOME", "OVERVIEW_TREND_OF_SOME", "REVENUE_BY_LOCATION_OF_SOME",
        "REVENUE_BY_CHANNEL_OF_SOME", "REVENUE_BY_REGION_OF_SOME", "TOP_PRODUCTS_OF_SOME",
        "LINE_TOTALS_OF_INVOICES",
    ],
)  # fmt: skip
def test_sums_of_a_teams_customers_need_no_table(
    demo_on_postgres: PostgresEngine, name: str
) -> None:
    """An index has all columns that they read of the facts: else each row is on another page.

    Such a scan still looks into the table until a vacuum has been there, which PostgreSQL starts by
    itself some time after a build, and until then its plans prefer any narrower index.
    """
    with owner(demo_on_postgres) as cursor:
        cursor.execute(f"vacuum {CORE}.fct_invoice, {CORE}.fct_invoice_line")
    by_customers = warehouse.by_customers(getattr(queries, name), SCHEMA_OF_TESTS)
    statement = re.sub(r"\$(\w+)", r"%(\1)s", by_customers.replace("%", "%%"))
    day = date(2026, 1, 1)
    values = {
        **dict.fromkeys(("location", "customer", "channel", "invoice", "region", "kind")),
        "start_date": day, "end_date": day, "since": day, "grain": "month",
    }  # fmt: skip
    with session(demo_on_postgres) as cursor:
        path = ", ".join(f"{SCHEMA_OF_TESTS}_{layer}" for layer in warehouse.LAYERS)
        cursor.execute(f"set search_path = {path}; set opportunity.viewer = 'R05'")
        cursor.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        cursor.execute(f"explain {statement}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search("Index Only Scan .* on fct_invoice", plan), plan
    assert not re.search("(Seq|Heap|Index) Scan .*on fct_invoice", plan), plan


def test_a_server_that_is_not_there_says_what_to_do(demo_on_postgres: PostgresEngine) -> None:
    nowhere = {**environment_of(demo_on_postgres), "PGHOST": str(demo_on_postgres.folder)}
    with (
        patch.dict("os.environ", nowhere),
        pytest.raises(warehouse.QueryFailed, match=r"does not answer.*tries again by itself"),
    ):
        nobody = warehouse.PostgresSource(postgres_settings(), SCHEMA_OF_TESTS)
        nobody.read("R05", "select 1 as one", {})


# Roles that would see more than their viewer.


@contextmanager
def changed(engine: PostgresEngine, *statements: str, back: tuple[str, ...]) -> Iterator[None]:
    """Statements of the builder's, and others that take them back."""
    with owner(engine) as cursor, ExitStack() as stack:
        for statement in back:
            stack.callback(cursor.execute, statement)
        for statement in statements:
            cursor.execute(statement)
        yield


def refusal(engine: PostgresEngine, user: str | None) -> str:
    """Why the page stays closed to everybody, before anybody has signed in."""
    with connected(engine, user):
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.secrets["auth"] = {"client_id": "page"}
        app.run()
    assert [title.value for title in app.title] == ["No access"]
    assert not app.button and not app.dataframe
    (error,) = app.error
    text = str(error.value).replace("\\", "")
    assert "The page stays closed" in text and "docs/access.md" in text
    return text


STRONG = f"{PAGE}_strong"


@pytest.mark.parametrize(
    "power",
    [
        "superuser",
        "bypassrls",
        f"owner of {MARTS}.customer_rfm",
        f"member of the owner of {MARTS}.customer_rfm",
    ],
)
def test_the_page_stays_closed_to_a_role_that_no_policy_binds(
    demo_on_postgres: PostgresEngine, power: str
) -> None:
    create = f"create role {STRONG} login password '{PASSWORD}' in role {PAGE}"
    statements, back = [create], [f"drop role {STRONG}"]
    if power.endswith("customer_rfm"):
        owns = STRONG
        if power.startswith("member"):
            owns = f"{STRONG}_owner"
            statements += [f"create role {owns}", f"grant {owns} to {STRONG}"]
            back += [f"drop role {owns}"]
        statements.append(f"alter table {MARTS}.customer_rfm owner to {owns}")
        back.append(f"alter table {MARTS}.customer_rfm owner to current_user")
    else:
        statements.append(f"alter role {STRONG} {power}")
    with changed(demo_on_postgres, *statements, back=tuple(back)):
        assert f"role {STRONG} is a superuser, bypasses policies, or owns the tables" in refusal(
            demo_on_postgres, STRONG
        )


def test_the_page_stays_closed_to_the_builder_and_to_analysts(
    demo_on_postgres: PostgresEngine,
) -> None:
    assert "is a superuser, bypasses" in refusal(demo_on_postgres, None)
    assert f"{ANALYST_LOGIN} sees customers on behalf of nobody" in refusal(
        demo_on_postgres, ANALYST_LOGIN
    )


@pytest.mark.parametrize("table", [f"{CORE}.dim_customer", f"{MARTS}.customer_rfm"])
def test_the_page_stays_closed_over_tables_without_row_level_security(
    demo_on_postgres: PostgresEngine, table: str
) -> None:
    with changed(
        demo_on_postgres,
        f"alter table {table} disable row level security",
        back=(f"alter table {table} enable row level security",),
    ):
        assert "no row-level security" in refusal(demo_on_postgres, PAGE_LOGIN)


def test_the_page_opens_to_its_own_role(source: warehouse.PostgresSource) -> None:
    """The story below signs in through it."""
    assert source.unsafe() is None


# The story, in a browser.


@dataclass
class Site:
    """The page, and the warehouse that it shows."""

    server: Server
    engine: PostgresEngine


@pytest.fixture(scope="module")
def site(
    demo_on_postgres: PostgresEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with (
        identity_provider() as provider,
        serving(
            tmp_path_factory.mktemp("page"), environment_of(demo_on_postgres), provider
        ) as server,
    ):
        yield Site(server, demo_on_postgres)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def signed_in(site: Site, browser: Browser, email: str, address: str = "") -> Iterator[Page]:
    """A window in which somebody has signed in, on the way to an address."""
    with closing(new_page(browser)) as page:
        page.goto(site.server.url(address))
        sign_in(page, email)
        yield page


def exports(page: Page) -> list[str]:
    """The text of every CSV that the page offers, what is folded away included."""
    folded = page.locator('[data-testid="stMain"] details:not([open]) > summary >> visible=true')
    while folded.count():
        folded.first.click()
    offers = page.locator('[data-testid="stMain"] button:not([inert] *)', has_text="CSV")
    texts = []
    for offer in offers.all():
        if not offer.is_visible():
            continue
        with page.expect_download() as downloading:
            offer.click()
        texts.append(Path(downloading.value.path()).read_text(encoding="utf-8-sig"))
    return texts


def rows_of(exported: str) -> list[dict[str, str]]:
    """The rows of an exported file, without the filters above them."""
    lines = exported.splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith(("#", '"#'))))


def named(customers: Mapping[str, str], text: str) -> list[str]:
    """The customers whose name a text has."""
    return [name for name in customers.values() if name in text]


def seen(page: Page) -> str:
    """All text of a page, that of its tables' cells included."""
    return page.locator('[data-testid="stMain"]').inner_text()


def test_a_rep_sees_the_own_customers_and_the_next_one_none_of_them(
    site: Site, browser: Browser
) -> None:
    """Both open the same pages with the same filters, one right after the other."""
    hers, his = customers_of(site.engine, "R05"), customers_of(site.engine, "R06")
    customer, name = next(iter(hers.items()))
    lines = f"lines?customer={customer}&kind=spend"
    spend = spend_of(site.engine, customer)

    with signed_in(site, browser, INES, f"customer?customer={customer}") as page:
        assert f"customer={customer}" in page.url, "the link is kept over sign-in"
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        for address in WITH_CUSTOMERS:
            go(page, site.server, address)
            assert BROKEN not in seen(page), address
            found = exports(page)
            assert found, address
            assert not named(his, page.content() + "".join(found)), address
            assert address not in LISTS or named(hers, "".join(found)), address
        go(page, site.server, lines)
        expect(page.get_by_text(f"{spend:,.2f}").first).to_be_visible()
        (exported,) = exports(page)
        assert "# Customers of: Ines Corrado" in exported and name in exported
        (amount,) = [heading for heading in rows_of(exported)[0] if heading.startswith("Net")]
        assert sum(float(row[amount]) for row in rows_of(exported)) == pytest.approx(spend)

    with signed_in(site, browser, PAVEL) as page:
        for address in WITH_CUSTOMERS:
            go(page, site.server, address)
            assert BROKEN not in seen(page), address
            found = exports(page)
            assert not named(hers, page.content() + "".join(found)), address
            assert address not in LISTS or named(his, "".join(found)), address
        for address in (f"customer?customer={customer}", lines):
            go(page, site.server, address)
            foreign = seen(page).replace(customer, "")
            assert name not in page.content() and f"{spend:,.2f}" not in foreign
            assert exports(page) == []
            go(page, site.server, address.replace(customer, "C99999"))
            assert seen(page).replace("C99999", "") == foreign, "foreign is as unknown"
        go(page, site.server, f"customer?customer={next(iter(his))}")
        expect(page.get_by_role("heading", level=1)).to_contain_text(his[next(iter(his))])


def test_a_manager_sees_both_reps_customers_on_every_page(site: Site, browser: Browser) -> None:
    customers = [next(iter(customers_of(site.engine, rep).items())) for rep in ("R05", "R06")]
    with signed_in(site, browser, TOMAS) as page:
        for customer, name in customers:
            go(page, site.server, f"customer?customer={customer}")
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        for address in PAGES:
            go(page, site.server, address)
            assert page.locator('[data-testid="stException"]').count() == 0, address
            assert BROKEN not in seen(page), address


def test_direct_sql_in_the_pages_role_has_no_row(site: Site) -> None:
    with session(site.engine) as cursor:
        for table in (f"{CORE}.dim_customer", f"{CORE}.fct_invoice_line", f"{MARTS}.customer_360"):
            cursor.execute(f"select count(*) from {table}")
            assert cursor.fetchall() == [(0,)], table


def test_a_query_that_fails_leaves_the_rest_of_the_page(site: Site, browser: Browser) -> None:
    customer, name = list(customers_of(site.engine, "R05").items())[1]
    table = f"{MARTS}.next_best_action"
    with signed_in(site, browser, INES, "patterns") as page:
        with changed(
            site.engine,
            f"revoke select on {table} from {PAGE}",
            back=(f"grant select on {table} to {PAGE}",),
        ):
            go(page, site.server, f"customer?customer={customer}")
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
            (alert,) = page.locator('[data-testid="stAlert"]', has_text=BROKEN).all()
            expect(alert).to_contain_text("permission denied for table next_best_action")
            expect(alert).to_contain_text("docs/access.md")
            expect(page.get_by_text("Share of wallet", exact=True)).to_be_visible()
        page.reload()
        settle(page)
        assert page.get_by_text(BROKEN).count() == 0


def test_a_table_behind_the_filters_may_fail_as_well(site: Site, browser: Browser) -> None:
    """The filters are no section of their page. Nothing that she opens is in a cache yet."""
    table = f"{CORE}.dim_location"
    with signed_in(site, browser, NUALA) as page:
        with changed(
            site.engine,
            f"revoke select on {table} from {PAGE}",
            back=(f"grant select on {table} to {PAGE}",),
        ):
            for address in ("overview", "lines"):
                go(page, site.server, address)
                assert page.locator('[data-testid="stException"]').count() == 0, address
                assert BROKEN in seen(page), address
                expect(page.get_by_role("button", name="Sign out")).to_be_attached()
        go(page, site.server, "overview")
        assert page.get_by_text(BROKEN).count() == 0


@contextmanager
def stopped(engine: PostgresEngine) -> Iterator[None]:
    """The database lets nobody in, and ends the page's sessions."""
    with closing(engine.server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"alter database {engine.database} allow_connections false")
        try:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                (engine.database,),
            )
            yield
        finally:
            cursor.execute(f"alter database {engine.database} allow_connections true")


@pytest.mark.parametrize("goes_on_by", ["Try again", "opening it anew"])
def test_the_database_stops_and_starts_again(site: Site, browser: Browser, goes_on_by: str) -> None:
    with signed_in(site, browser, INES, "overview") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        chosen = {"Try again": "90D", "opening it anew": "YTD"}[goes_on_by]
        with stopped(site.engine):
            time.sleep(warehouse.SECONDS_BETWEEN_LOOKS + 0.5)
            page.get_by_role("radio", name=chosen).click()
            heading = page.get_by_role("heading", name="The warehouse cannot be read")
            expect(heading).to_be_visible(timeout=MILLISECONDS_TO_SETTLE)
            alert = page.locator('[data-testid="stAlert"]')
            expect(alert).to_contain_text("does not answer")
            expect(alert).to_contain_text("not currently accepting connections")
            expect(alert).to_contain_text("tries again by itself")
            with running_again(page):
                page.get_by_role("button", name="Try again").click()
            expect(heading).to_be_visible()
        if goes_on_by == "Try again":
            page.get_by_role("button", name="Try again").click()
            expect(page.get_by_role("radio", name=chosen)).to_be_checked()
        else:
            page.reload()
        settle(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        expect(page.get_by_role("button", name="Sign out")).to_be_attached()
        assert page.get_by_text(BROKEN).count() == 0
