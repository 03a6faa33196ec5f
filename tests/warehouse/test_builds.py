"""What holds for whole builds: same input, same rows; the clock; other names; bad input."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.independent.marts import MARTS
from tests.independent.reading import moment
from tests.warehouse.companies import RawRow, dw_company, online_retail_company
from tests.warehouse.comparing import all_differences
from tests.warehouse.few_models import STAR, make_project_of_few_models
from tests.warehouse.harness import (
    OPTIONAL_DW_TABLES,
    PROJECT,
    Builder,
    BuildFailed,
    Company,
    RawTable,
    Row,
    Warehouse,
    demo_tables,
)

RICH_DW, RICH_ONLINE_RETAIL = 279, 9
"""Numbers of generated companies with many invoices and many bad rows."""


LOOK_AHEAD = {f"marts.{path.stem}" for path in (PROJECT / "models/marts/backtest").glob("*.sql")}
"""What is for judging the scores by what came after the clock."""


def marts_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every mart but those that look ahead."""
    tables = warehouse.public_tables()
    return {
        name: rows
        for name, rows in tables.items()
        if name.startswith("marts.") and name not in LOOK_AHEAD
    }


def assert_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Fails with the names of the tables that differ, and not with all their rows."""
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


@pytest.fixture(scope="module")
def builder_of_star(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Builds the star alone, for what is the same whatever marts there are."""
    folder = tmp_path_factory.mktemp("star")
    return Builder(folder, make_project_of_few_models(folder / "project", STAR))


# Same input, same rows.


@pytest.fixture(scope="module")
def rich_dw(builder: Builder) -> Warehouse:
    """A company as it is built once; tests leave it as it is."""
    return builder.build(dw_company(RICH_DW))


@pytest.fixture(scope="module")
def rich_online_retail(builder: Builder) -> Warehouse:
    return builder.build(online_retail_company(RICH_ONLINE_RETAIL))


@pytest.mark.parametrize(
    ("company", "built"),
    [
        (dw_company(RICH_DW), "rich_dw"),
        (online_retail_company(RICH_ONLINE_RETAIL), "rich_online_retail"),
    ],
    ids=["dw", "online_retail"],
)
def test_order_of_raw_rows_changes_nothing(
    builder: Builder, request: pytest.FixtureRequest, company: Company, built: str
) -> None:
    random = Random(7)
    shuffled = {
        connector: {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
        for connector, tables in company.tables.items()
    }
    first = request.getfixturevalue(built).public_tables()
    second = builder.build(Company(shuffled, company.vars)).public_tables()
    assert sum(len(rows) for rows in first.values()) > 300
    assert_same(first, second)


def test_second_build_in_the_same_file_changes_nothing(
    builder: Builder, rich_dw: Warehouse, tmp_path: Path
) -> None:
    path = Path(shutil.copy(rich_dw.path, tmp_path))
    warehouse = builder.build_file(path, dw_company(RICH_DW).all_vars())
    assert warehouse.rows("core.build_info") != rich_dw.rows("core.build_info")
    assert_same(warehouse.public_tables(), rich_dw.public_tables())


# The clock.


def without_later_invoices(
    tables: Mapping[str, list[RawRow]], as_of: date
) -> dict[str, list[RawRow]]:
    """The tables as they were on a day, before later invoices came."""

    def is_later(header: RawRow) -> bool:
        read = moment(header["invoice_date"])
        return read is not None and read.day > as_of

    later = {row["invoice_no_365"] for row in tables["dw_invoice_header"] if is_later(row)}
    return {
        name: [row for row in rows if row.get("invoice_no_365") not in later]
        if name in ("dw_invoice_header", "dw_invoice_line")
        else rows
        for name, rows in tables.items()
    }


def later_rows(tables: Mapping[str, list[RawRow]]) -> dict[str, list[RawRow]]:
    """The next day's rows: of a customer and an item that nobody knew, and of well-known ones."""
    known = tables["dw_item"][0]
    known_item = str(known["item_code_365"])
    sales = [
        ("LATER-1", "LATER-CUSTOMER", "LATER-ITEM", "500"),
        ("LATER-2", "LATER-CUSTOMER", known_item, "500"),
        ("LATER-3", "C00001", "LATER-ITEM", "100000"),
        ("LATER-4", "C00001", known_item, "-100000"),
        *((f"LATER-{number}", f"C{number:05}", "LATER-ITEM", "50") for number in range(5, 60)),
    ]
    headers: list[RawRow] = [
        {
            "invoice_no_365": invoice,
            "customer_code_365": customer,
            "invoice_date": "2025-03-16",
            "invoice_type": "return" if amount.startswith("-") else "sale",
            "total_grand": amount,
            "sales_rep_code": "LATER-REP",
            "location_code": "LATER-LOCATION",
        }
        for invoice, customer, _, amount in sales
    ]
    lines: list[RawRow] = [
        {
            "id": invoice,
            "invoice_no_365": invoice,
            "item_code_365": item,
            "quantity": "-1" if amount.startswith("-") else "1",
            "line_total_incl": amount,
        }
        for invoice, _, item, amount in sales
    ]
    # Listed in time, so that nothing but the date of its sales keeps it out of the marts.
    item = {**known, "item_code_365": "LATER-ITEM", "item_description": "What comes later"}
    return {"dw_invoice_header": headers, "dw_invoice_line": lines, "dw_item": [item]}


def test_later_invoices_change_no_earlier_mart(builder: Builder) -> None:
    """Nor any score, though half of all invoices come later."""
    as_of = date(2025, 3, 15)
    full = demo_tables()
    for name, rows in later_rows(full).items():
        full[name] += rows
    earlier = without_later_invoices(full, as_of)
    assert len(earlier["dw_invoice_header"]) < 0.6 * len(full["dw_invoice_header"])
    # So that no mart is empty, and scores know a season.
    variables = {
        "as_of_date": as_of.isoformat(),
        "build_date": "2026-12-31",
        "churn_min_history_days": 60,
        "basket_min_support": 0,
        "basket_min_count": 3,
        "basket_max_q": 1,
        "duplicate_min_confidence": 0.1,
    }
    before, after = (
        builder.build(Company({"dw": tables}, variables)) for tables in (earlier, full)
    )
    assert [name for name, rows in marts_of(before).items() if not rows] == []
    for score in ("customer_churn", "customer_lifetime_value"):
        assert any(row["is_scored"] for row in before.rows(f"marts.{score}")), score
    assert not before.rows("marts.churn_outcome")
    assert after.rows("marts.churn_outcome")
    assert_same(marts_of(before), marts_of(after))


def test_later_lines_of_a_flat_file_change_no_earlier_mart(builder: Builder) -> None:
    """A later invoice brings a new description, customer, country and item."""

    def line(invoice: str, day: str, **other: str) -> RawRow:
        return {
            "Invoice": invoice,
            "StockCode": "22423",
            "Description": "CAKE STAND",
            "Quantity": "2",
            "InvoiceDate": f"{day} 10:00:00",
            "Price": "12.75",
            "Customer ID": "13085",
            "Country": "EIRE",
            **other,
        }

    earlier = [
        line("1", "2024-01-31"),
        line("1", "2024-01-31", StockCode="22720", Description="CAKE TINS"),
        line("2", "2024-02-29", Country="France"),
        line("3", "2024-02-29", Quantity="1"),
    ]
    later = [
        line("4", "2024-03-01", Description="A STAND", Country="France"),
        line("5", "2024-03-01", Description="A STAND", Country="France"),
        line("6", "2024-03-01", **{"Customer ID": "99999", "StockCode": "10002"}),
    ]
    variables = {"as_of_date": "2024-02-29", "basket_min_count": 1, "build_date": "2024-12-31"}
    before, after = (
        marts_of(
            builder.build(Company({"online_retail": {"online_retail_lines": lines}}, variables))
        )
        for lines in (earlier, later + earlier)
    )
    assert all(before[f"marts.{name}"] for name in ("basket_rule", "customer_360"))
    assert_same(before, after)


# Empty tables.


@pytest.mark.parametrize(
    "tables",
    [
        {"dw": {name: [] for name in OPTIONAL_DW_TABLES}},
        {"online_retail": {}},
    ],
    ids=["dw", "online_retail"],
)
def test_empty_tables_build_green_and_empty(builder: Builder, tables: dict[str, Any]) -> None:
    warehouse = builder.build(Company(tables), with_tests=True)
    assert [name for name in MARTS if warehouse.rows(f"marts.{name}")] == []


def test_lists_without_invoices_build_green_and_empty(builder: Builder) -> None:
    tables = {
        "dw_item": [{"item_code_365": "I1", "category_code": "K1"}],
        "dw_customer": [{"customer_code_365": "C1"}],
    }
    warehouse = builder.build(Company({"dw": tables}), with_tests=True)
    assert [name for name in MARTS if warehouse.rows(f"marts.{name}")] == []


# Several connectors at once.


def both_connectors(prefixes: dict[str, str]) -> Company:
    dw, flat = dw_company(RICH_DW), online_retail_company(RICH_ONLINE_RETAIL)
    variables = {**dw.vars, "basket_min_support": 0, "id_prefix": prefixes}
    return Company({**dw.tables, **flat.tables}, variables)


def test_connectors_build_together(builder: Builder) -> None:
    company = both_connectors({"online_retail": "or-"})
    warehouse = builder.build(company, with_tests=True)
    assert all_differences(warehouse, company) == []
    sources = {row["source_system"] for row in warehouse.rows("core.fct_invoice")}
    assert sources == {"dw", "online_retail"}


def test_ids_that_collide_are_refused(builder_of_star: Builder) -> None:
    """test_connectors_build_together has prefixed ids in the marts."""
    lines = [
        {
            "Invoice": "536365",
            "StockCode": "I1",
            "Description": "CAKE STAND",
            "Quantity": "2",
            "InvoiceDate": "2024-01-31 10:00:00",
            "Price": "12.75",
            "Customer ID": "13085",
            "Country": "EIRE",
        }
    ]
    items = [{"item_code_365": "I1", "item_description": "Another item", "category_code": "K1"}]
    tables = {
        "dw": {"dw_item": items, **{name: [] for name in OPTIONAL_DW_TABLES}},
        "online_retail": {"online_retail_lines": lines},
    }
    with pytest.raises(BuildFailed, match="ids_do_not_collide"):
        builder_of_star.build(Company(tables), with_tests=True)
    prefixed = Company(tables, {"id_prefix": {"dw": "dw-"}})
    builder_of_star.build(prefixed, with_tests=True)


# Tables and columns under other names.


def under_other_names(
    company: Company,
) -> tuple[dict[str, dict[str, RawTable]], dict[str, dict[str, str | None]]]:
    """A company's raw tables as `ERP Table 1` with columns `field 1` ..., and the map to them.

    Columns of which no row has a value are left out, where they are optional.
    """
    needed = {
        "dw_invoice_header": 5,
        "dw_invoice_line": 5,
        "dw_item": 3,
        "dw_inventory_snapshot": 3,
    }
    tables: dict[str, RawTable] = {}
    columns_map: dict[str, dict[str, str | None]] = {}
    for place, (name, table) in enumerate(company.raw_tables()["dw"].items(), start=1):
        mapping: dict[str, str | None] = {"table": f"ERP Table {place}"}
        for at, column in enumerate(table.columns):
            is_used = at < needed.get(name, 1) or any(row.get(column) for row in table.rows)
            mapping[column] = f"Field {at}" if is_used else None
        there = {column: own for column, own in mapping.items() if own and column != "table"}
        tables[f"ERP Table {place}"] = RawTable(
            [*there.values(), "a column that nobody asked for"],
            [{own: row.get(column) for column, own in there.items()} for row in table.rows],
        )
        columns_map[name] = mapping
    return {"erp": tables}, columns_map


def test_tables_and_columns_under_other_names(builder_of_star: Builder, rich_dw: Warehouse) -> None:
    """The star alone is compared: no mart reads a raw table."""
    company = dw_company(RICH_DW)
    raw_tables, columns_map = under_other_names(company)
    assert any(own is None for mapping in columns_map.values() for own in mapping.values())
    renamed = Company(
        company.tables, {**company.vars, "dw_schema": "erp", "dw_columns": columns_map}
    )
    built = builder_of_star.build(renamed, raw_tables=raw_tables)
    expected = rich_dw.public_tables()
    star = {name: rows for name, rows in expected.items() if name.startswith("core.")}
    assert_same(built.public_tables(), star)


# Bad input ends with one sentence.


def one_invoice(**columns: str) -> Company:
    header = {
        "invoice_no_365": "1",
        "customer_code_365": "C1",
        "invoice_date": "2024-01-31",
        "invoice_type": "sale",
        "total_grand": "10",
        **columns,
    }
    return Company({"dw": {"dw_invoice_header": [header]}})


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"connectors": ["sap"]},
            "Var connectors names 'sap', which is no connector of this project; choose from dw, ",
        ),
        ({"connectors": "dw"}, "Var connectors must be a list such as [dw] or "),
        ({"basket_min_suport": 0.1}, "There is no var 'basket_min_suport'; the vars are "),
        (
            {"dw_columns": {"dw_invoices": {"table": "invoices"}}},
            "Var dw_columns maps a table 'dw_invoices', which the contract lacks; its tables are ",
        ),
        (
            {"dw_columns": {"dw_item": {"item_colour": "colour"}}},
            "Var dw_columns maps a column 'dw_item.item_colour', which the contract lacks; ",
        ),
        (
            {"dw_columns": {"dw_invoice_line": {"quantity": None}}},
            "Var dw_columns maps dw_invoice_line.quantity to null, but without it every row would",
        ),
        (
            {"peer_quantile": 75},
            "Var peer_quantile must be a share from 0 to 1, not '75'.",
        ),
        ({"rfm_monetary": "gross"}, "Var rfm_monetary must be net or sales, not 'gross'."),
        (
            {"basket_min_support": "1 %"},
            "Var basket_min_support must be a number that is not negative, not '1 %'.",
        ),
        (
            {"as_of_date": "31/12/2024"},
            "Var as_of_date must be a day as YYYY-MM-DD, not '31/12/2024'.",
        ),
        (
            {"id_prefix": {"sap": "s-"}},
            "Var id_prefix names 'sap', which is no connector of this project; choose from dw, ",
        ),
        (
            {"dw_columns": {"dw_item": {"category_code": "item_group"}}},
            "The raw table dw.dw_item has no column 'item_group', which the contract's"
            " dw_item.category_code is read from: name the right one in var dw_columns",
        ),
        (
            {"dw_columns": {"dw_item": {"table": "articles"}}},
            "The raw table dw.articles is not there: load it (make load SOURCE=dw FILE=...), ",
        ),
        (
            {"dw_columns": {"dw_item": {"table": "dw_item"}}, "use_demo_data": True},
            "Var dw_columns maps the tables of a company, but use_demo_data is true: ",
        ),
        (
            {"page_role": "Page"},
            "Var page_role must be the name of a role, in lower-case letters, digits and _, not ",
        ),
        ({"page_role": "public"}, "Var page_role must be the name of a role, "),
        (
            {"page_role": "page", "analyst_role": "page"},
            "Vars page_role and analyst_role are both page, but analysts see all rows: name two.",
        ),
        (
            {"analyst_role": "analyst"},
            "Var analyst_role is set and page_role is not: set both, or page_role alone.",
        ),
    ],
    ids=[
        "unknown connector", "connectors no list", "unknown var", "unknown contract table",
        "unknown contract column", "needed column as null", "no share", "unknown monetary",
        "no number", "no date", "prefix of an unknown connector", "unknown column", "unknown table",
        "map of demo data", "no plain name of a role", "everybody as a role", "one role for two",
        "analysts alone",
    ],
)  # fmt: skip
def test_bad_vars_are_named_in_one_sentence(
    builder_of_star: Builder, variables: Row, sentence: str
) -> None:
    with pytest.raises(BuildFailed) as failure:
        builder_of_star.build(Company(one_invoice().tables, variables))
    assert sentence in str(failure.value)


def test_only_postgres_has_roles(builder_of_star: Builder) -> None:
    with pytest.raises(BuildFailed, match="Only PostgreSQL has roles; on duckdb whoever reads"):
        builder_of_star.run_dbt(
            builder_of_star.new_file(), ["run-operation", "create_roles"], {"page_role": "page"}
        )


def test_optional_column_that_is_not_there_may_be_mapped_to_null(builder_of_star: Builder) -> None:
    company = one_invoice()
    raw_tables = company.raw_tables()
    header = raw_tables["dw"]["dw_invoice_header"]
    header.columns = [column for column in header.columns if column != "currency_code"]
    with pytest.raises(BuildFailed, match=r"'currency_code'.* or null for none; its columns are"):
        builder_of_star.build(company, raw_tables=raw_tables)
    columns_map = {"dw_invoice_header": {"currency_code": None}}
    mapped = Company(company.tables, {"dw_columns": columns_map})
    warehouse = builder_of_star.build(mapped, raw_tables=raw_tables, select=["+fct_invoice"])
    assert warehouse.rows("core.fct_invoice")


def test_two_currencies_stop_the_build(builder: Builder) -> None:
    euros, pounds = one_invoice(currency_code="EUR"), one_invoice(currency_code=" GBP")
    headers = [
        *euros.tables["dw"]["dw_invoice_header"],
        *({**row, "invoice_no_365": "2"} for row in pounds.tables["dw"]["dw_invoice_header"]),
    ]
    company = Company({"dw": {"dw_invoice_header": headers}})
    path = builder.file_with(company.raw_tables())
    with pytest.raises(BuildFailed) as failure:
        builder.build_file(path, company.all_vars())
    assert "Accepted invoices are in 2 currencies (EUR, GBP), and amounts in different" in str(
        failure.value
    )
    built = Warehouse(path)
    assert built.tables("marts") == []
    assert not {"core.fct_invoice", "core.fct_invoice_line"} & set(built.tables("core"))


def test_currency_of_a_rejected_invoice_does_not_matter(builder_of_star: Builder) -> None:
    euros = one_invoice(currency_code="EUR")
    rejected = one_invoice(currency_code="GBP", invoice_no_365="2", invoice_type="quote")
    headers = [
        row for company in (euros, rejected) for row in company.tables["dw"]["dw_invoice_header"]
    ]
    company = Company({"dw": {"dw_invoice_header": headers}})
    warehouse = builder_of_star.build(company, select=["+fct_invoice"])
    assert len(warehouse.rows("core.fct_invoice")) == 1
