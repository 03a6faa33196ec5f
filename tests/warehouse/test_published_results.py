"""Numbers that others computed and published on public data: the marts give the same.

Each published result rests on a filter of its own, which is applied to the raw lines before they
are landed; thresholds are set by vars.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.harness import Builder, Company, Row, Warehouse

PLACES_PUBLISHED = Decimal("0.000001")
PLACES_OF_RATIOS = Decimal("1e-12")


def read_csv(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(text.splitlines()))


def build_online_retail(
    builder: Builder, lines_sql: str, variables: dict[str, object], marts: Sequence[str]
) -> Warehouse:
    """Builds some marts of the company whose raw lines are the result of a query."""
    path = builder.new_file()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema online_retail")
        connection.execute(f"create table online_retail.online_retail_lines as {lines_sql}")
    company = Company(
        tables={"online_retail": {}},
        vars={"online_retail_reject_duplicates": False, **variables},
    )
    return builder.build_file(path, company.all_vars(), select=[f"+{mart}" for mart in marts])


# Cohorts, RFM and countries share one filter: sales of known customers, duplicates kept.


@pytest.fixture(scope="module")
def known_sales(builder: Builder, real_data: Path) -> Warehouse:
    return build_online_retail(
        builder,
        f"""
        select
            InvoiceNo as "Invoice", StockCode as "StockCode", Description as "Description",
            Quantity as "Quantity", InvoiceDate as "InvoiceDate", UnitPrice as "Price",
            CustomerID as "Customer ID", Country as "Country"
        from '{real_data / "online_retail.parquet"}'
        where InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice >= 0 and CustomerID is not null
        """,
        {"rfm_monetary": "sales"},
        ["cohort_retention", "customer_rfm", "daily_sales"],
    )


def test_cohorts_are_the_published_ones(known_sales: Warehouse, published_results: Path) -> None:
    published = {
        (row["cohort_month"], int(row["cohort_index"])): (
            int(row["active_users"]),
            int(row["base_users"]),
            Decimal(row["retention_rate"]).quantize(PLACES_OF_RATIOS),
        )
        for row in read_csv(published_results / "online_retail_cohorts.csv")
    }
    assert len(published) == 91
    built = {
        (row["cohort_month"].isoformat(), row["cohort_index"]): (
            row["active_customers"],
            row["cohort_size"],
            row["retention_rate"],
        )
        for row in known_sales.rows("marts.cohort_retention")
    }
    assert built == published


def test_recency_frequency_monetary_are_the_published_ones(
    known_sales: Warehouse, published_results: Path
) -> None:
    published = {
        row["customer_id"]: (
            int(row["recency"]),
            int(row["frequency"]),
            Decimal(row["monetary"]).quantize(Decimal("0.01")),
        )
        for row in read_csv(published_results / "online_retail_rfm.csv.gz")
    }
    assert len(published) == 4339
    built = {
        row["customer_id"]: (
            row["recency_days"],
            row["frequency"],
            row["monetary"].quantize(Decimal("0.01")),
        )
        for row in known_sales.rows("marts.customer_rfm")
    }
    assert built == published


def test_country_by_month_is_the_published_one(
    known_sales: Warehouse, published_results: Path
) -> None:
    published = {
        (row["order_month"], row["country"]): (
            int(row["orders"]),
            int(row["customers"]),
            Decimal(row["revenue"]).quantize(Decimal("0.01")),
        )
        for row in read_csv(published_results / "online_retail_country_month.csv")
    }
    assert len(published) == 287
    # Distinct customers of a month cannot be added up from days, so they come from the star.
    built = {
        (row["month"].isoformat(), row["location_id"]): (
            row["orders"],
            row["customers"],
            row["revenue"].quantize(Decimal("0.01")),
        )
        for row in known_sales.query(
            """
            with by_month as (
                select
                    cast(date_trunc('month', date_day) as date) as month, location_id,
                    cast(sum(order_count) as bigint) as orders, sum(revenue) as revenue
                from opportunity_marts.daily_sales
                group by all
            ), customers_by_month as (
                select
                    cast(date_trunc('month', invoice_date) as date) as month, location_id,
                    count(distinct customer_id) as customers
                from opportunity_core.fct_invoice_line
                where line_type = 'sale'
                group by all
            )
            select * from by_month inner join customers_by_month using (month, location_id)
            """
        )
    }
    assert built == published


# Pair rules by item description, one country at a time.


@pytest.mark.parametrize(
    ("country", "basket_count", "min_support"), [("France", 392, 0.07), ("Germany", 457, 0.05)]
)
def test_pair_rules_are_the_published_ones(
    builder: Builder,
    real_data: Path,
    published_results: Path,
    country: str,
    basket_count: int,
    min_support: float,
) -> None:
    # In front of each description stands a word that no pattern of the seed non_products begins
    # with: the published baskets hold postage too, and only its rules are dropped.
    built = build_online_retail(
        builder,
        f"""
        select
            InvoiceNo as "Invoice", 'item ' || trim(Description) as "StockCode",
            Description as "Description", 1 as "Quantity", min(InvoiceDate) as "InvoiceDate",
            1 as "Price", null as "Customer ID", '{country}' as "Country"
        from '{real_data / "online_retail.parquet"}'
        where InvoiceNo not like '%C%' and Country = '{country}' and trim(Description) <> ''
        group by InvoiceNo, trim(Description), Description
        having sum(Quantity) >= 1
        """,
        {
            "basket_max_items": 0,
            "basket_min_support": min_support,
            "basket_min_count": 1,
            "basket_min_confidence": 0,
            "basket_max_rules": 0,
        },
        ["basket_rule"],
    )
    rules = built.rows("marts.basket_rule")
    assert {row["total_basket_count"] for row in rules} == {basket_count}

    def figures(row: Row) -> tuple[Decimal, Decimal, Decimal]:
        from_support = Decimal(row["from_basket_count"]) / row["total_basket_count"]
        return (
            from_support.quantize(PLACES_PUBLISHED),
            row["confidence"].quantize(PLACES_PUBLISHED),
            row["lift"].quantize(PLACES_PUBLISHED),
        )

    computed = {
        (row["from_item_id"].removeprefix("ITEM "), row["to_item_id"].removeprefix("ITEM ")): row
        for row in rules
        if row["basket_count"] * row["total_basket_count"]
        >= row["from_basket_count"] * row["to_basket_count"]
        and "ITEM POSTAGE" not in (row["from_item_id"], row["to_item_id"])
    }
    published = {
        (row["antecedants"][1:-1], row["consequents"][1:-1]): tuple(
            Decimal(row[column]).quantize(PLACES_PUBLISHED)
            for column in ("support", "confidence", "lift")
        )
        for row in read_csv(published_results / f"online_retail_rules_{country.lower()}.csv")
        if "," not in row["antecedants"] and "," not in row["consequents"]
    }
    assert len(published) == {"France": 20, "Germany": 18}[country]
    assert {pair: figures(row) for pair, row in computed.items()} == published
    for row in computed.values():
        assert float(row["support"]) == pytest.approx(row["basket_count"] / basket_count, abs=1e-12)


# Groceries: baskets without customers, dates or prices, so those are made up.


@pytest.fixture(scope="module")
def groceries(builder: Builder, real_data: Path) -> Warehouse:
    path = builder.new_file()
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            create schema dw;
            create table sold as
            with baskets as (
                select cast(row_number() over () as integer) as number, line
                from read_csv(
                    '{real_data / "groceries.csv.gz"}',
                    columns = {{'line': 'varchar'}}, header = false, delim = '\t', quote = ''
                )
            )
            select number, unnest(string_split(line, ',')) as item from baskets;
            create table dw.invoices as
            select
                number as invoice_no_365, null as customer_code_365, 'sale' as invoice_type,
                date '2024-01-01' + number % 31 as invoice_date, count(*) as total_grand
            from sold group by number;
            create table dw.invoice_lines as
            select
                row_number() over () as id, number as invoice_no_365, item as item_code_365,
                1 as quantity, 1 as line_total_incl
            from sold;
            create table dw.items as
            select distinct
                item as item_code_365, item as item_description, 'food' as category_code
            from sold;
            drop table sold
            """
        )
    absent = {
        "dw_invoice_header": (
            "invoices",
            ["invoice_time", "location_code", "channel_code", "sales_rep_code", "currency_code"],
        ),
        "dw_invoice_line": (
            "invoice_lines",
            ["line_total_excl", "discount_amount", "cost_amount"],
        ),
        "dw_item": (
            "items",
            [
                "item_length", "item_width", "item_height", "item_weight", "number_of_pieces",
                "selling_qty", "unit_cost", "unit_price", "lead_time_days", "ordering_cost",
                "holding_cost_pct", "is_active",
            ],
        ),
    }  # fmt: skip
    company = Company(
        tables={"dw": {}},
        vars={
            "dw_columns": {
                table: {"table": name, **dict.fromkeys(columns)}
                for table, (name, columns) in absent.items()
            },
            "basket_min_support": 0.006,
            "basket_min_confidence": 0.25,
            "basket_min_count": 1,
            "basket_max_rules": 0,
        },
    )
    select = ["+product_performance", "+basket_rule"]
    return builder.build_file(path, company.all_vars(), select=select)


def test_groceries_items_are_counted_as_published(groceries: Warehouse) -> None:
    counts = {
        row["item_id"]: row["order_count"] for row in groceries.rows("marts.product_performance")
    }
    assert len(counts) == 169
    published = {
        "whole milk": 2513,
        "other vegetables": 1903,
        "rolls/buns": 1809,
        "soda": 1715,
        "yogurt": 1372,
    }
    assert {item: counts[item] for item in published} == published


def test_groceries_have_the_published_pair_rules(groceries: Warehouse) -> None:
    rules = groceries.rows("marts.basket_rule")
    assert len(rules) == 150
    by_pair = {(row["from_item_id"], row["to_item_id"]): row for row in rules}

    herbs = by_pair["herbs", "root vegetables"]
    assert herbs["basket_count"] == 69
    assert herbs["total_basket_count"] == 9835
    assert herbs["support"].quantize(Decimal("1e-9")) == Decimal("0.007015760")
    assert herbs["confidence"].quantize(Decimal("1e-7")) == Decimal("0.4312500")
    assert herbs["lift"].quantize(Decimal("1e-6")) == Decimal("3.956477")

    # Published under the item's later name, potted plants.
    plants = by_pair["pot plants", "whole milk"]
    assert plants["basket_count"] == 68
    assert plants["support"].quantize(Decimal("1e-9")) == Decimal("0.006914082")
    assert plants["confidence"] == Decimal("0.4")
    assert plants["lift"].quantize(Decimal("1e-6")) == Decimal("1.565460")
