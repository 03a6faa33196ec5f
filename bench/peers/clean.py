"""Reads a company's raw Parquet tables into clean pandas frames.

The cleaning is what a script of this kind would do: rows without a key, a date or an amount go, and
so do impossible dates, unknown invoice types, empty lines and repeated keys. It trusts that codes
bear no blanks around them, and neither keeps what it drops nor says why; the warehouse does both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"
UNKNOWN, UNCATEGORISED = "__unknown__", "__uncategorised__"
EARLIEST = pd.Timestamp("1970-01-01")


@dataclass(frozen=True)
class Company:
    """The clean tables, and the date of the last invoice."""

    headers: pd.DataFrame
    """One row an invoice; the index is what `invoice` in lines points to."""
    lines: pd.DataFrame
    """One row an invoice line, with what its header and its item say of it."""
    items: pd.DataFrame
    """One row an item, by its id: those of the list, and those that only lines name."""
    customers: pd.DataFrame
    """One row a known customer, by its id: those of the list, and those that only invoices name."""
    reps: pd.Series
    """Names of sales reps by id."""
    as_of: pd.Timestamp


def read(folder: Path, table: str, columns: list[str]) -> pd.DataFrame:
    """Columns of a raw table: decimals as doubles, dates as timestamps."""
    rows = pq.read_table(folder / f"{table}.parquet", columns=columns)
    for place, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.float64()))
        elif pa.types.is_date(field.type):
            rows = rows.set_column(place, field.name, rows.column(place).cast(pa.timestamp("s")))
    frame: pd.DataFrame = rows.to_pandas()
    return frame


def read_list(folder: Path, table: str, columns: dict[str, str]) -> pd.DataFrame:
    """A small table under new column names, by its key, the first of them; first row of each."""
    rows = read(folder, table, list(columns)).rename(columns=columns)
    key = next(iter(columns.values()))
    return rows.dropna(subset=[key]).drop_duplicates(key).set_index(key)


def read_company(folder: Path) -> Company:
    """Read and clean all tables that the marts need."""
    headers = read_headers(folder)
    items = read_items(folder)
    lines = read_lines(folder, headers, items)
    named = lines["item_id"].cat.categories.difference(items.index)
    unlisted = pd.DataFrame({"item_name": named}, index=named)
    unlisted.loc[unlisted.index == UNKNOWN, "item_name"] = "Unknown item"
    unlisted["category_id"] = UNCATEGORISED
    unlisted["is_product"] = False
    reps = read_list(
        folder, "dw_sales_rep", {"sales_rep_code": "sales_rep_id", "sales_rep_name": "name"}
    )
    return Company(
        headers=headers,
        lines=lines,
        items=pd.concat([items, unlisted]),
        customers=read_customers(folder, headers, lines),
        reps=reps["name"],
        as_of=headers["invoice_date"].max(),
    )


def read_headers(folder: Path) -> pd.DataFrame:
    """Accepted invoices."""
    headers = read(
        folder,
        "dw_invoice_header",
        [
            "invoice_no_365",
            "customer_code_365",
            "invoice_date",
            "invoice_type",
            "invoice_time",
            "location_code",
            "channel_code",
            "sales_rep_code",
        ],
    )
    headers.columns = pd.Index(
        [
            "invoice_id",
            "customer_id",
            "invoice_date",
            "invoice_type",
            "invoice_time",
            "location_id",
            "channel_id",
            "sales_rep_id",
        ]
    )
    headers["invoice_type"] = headers["invoice_type"].str.strip().str.lower().astype("category")
    is_good = (
        headers["invoice_id"].notna()
        & headers["invoice_date"].between(EARLIEST, pd.Timestamp.now())
        & headers["invoice_type"].isin(["sale", "return", "adjustment"])
    )
    headers = headers[is_good].drop_duplicates("invoice_id", ignore_index=True)
    headers["hour"] = headers["invoice_time"].str.slice(0, 2).astype("Int8").astype("float32")
    for column in ("location_id", "channel_id"):
        headers[column] = headers[column].fillna(UNKNOWN).astype("category")
    for column in ("customer_id", "sales_rep_id"):
        headers[column] = headers[column].astype("category")
    return headers


def read_items(folder: Path) -> pd.DataFrame:
    """Listed items; those that the seed `non_products` names are no products."""
    items = read_list(
        folder,
        "dw_item",
        {
            "item_code_365": "item_id",
            "item_description": "item_name",
            "category_code": "category_id",
        },
    )
    no_products = pd.read_csv(SEEDS / "non_products.csv")
    no_products = no_products.loc[no_products["connector"] == "dw", "code_pattern"]
    items["is_product"] = ~items.index.str.upper().isin(no_products)
    items["category_id"] = items["category_id"].where(items["is_product"]).fillna(UNCATEGORISED)
    items["item_name"] = items["item_name"].fillna(items.index.to_series())
    return items


def read_lines(folder: Path, headers: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Accepted lines of accepted invoices."""
    lines = read(
        folder,
        "dw_invoice_line",
        [
            "id",
            "invoice_no_365",
            "item_code_365",
            "quantity",
            "line_total_incl",
            "line_total_excl",
            "cost_amount",
        ],
    )
    lines["net_amount"] = lines["line_total_excl"].fillna(lines["line_total_incl"])
    is_empty = (lines[["quantity", "net_amount", "line_total_incl"]] == 0).all(axis=1)
    is_good = lines[["id", "invoice_no_365", "quantity", "line_total_incl"]].notna().all(axis=1)
    lines = lines[is_good & ~is_empty]
    invoice_of = pd.Series(headers.index.to_numpy(dtype="int32"), index=headers["invoice_id"])
    lines = lines.assign(invoice=lines["invoice_no_365"].map(invoice_of))
    lines = lines[lines["invoice"].notna()].drop_duplicates("id", ignore_index=True)
    lines["invoice"] = lines["invoice"].astype("int32")
    lines["item_id"] = lines["item_code_365"].fillna(UNKNOWN).astype("category")
    lines = lines.drop(columns=["id", "invoice_no_365", "item_code_365"])

    item_ids = lines["item_id"].cat.categories
    categories = items["category_id"].reindex(item_ids).fillna(UNCATEGORISED)
    products = items["is_product"].reindex(item_ids, fill_value=False).to_numpy(dtype=bool)
    item_codes = lines["item_id"].cat.codes
    lines["category_id"] = categories.astype("category").array.take(item_codes)
    lines["is_product"] = products[item_codes]

    invoices = headers.loc[lines["invoice"]].reset_index(drop=True)
    for column in ("customer_id", "location_id", "channel_id", "invoice_date", "hour"):
        lines[column] = invoices[column]
    lines["month_start"] = lines["invoice_date"].dt.to_period("M").dt.start_time
    is_sale = invoices["invoice_type"] == "sale"
    is_back = (lines["quantity"] < 0) | (lines["net_amount"] < 0)
    lines["is_sale"] = is_sale & ~is_back
    lines["is_return"] = (invoices["invoice_type"] == "return") | (is_sale & is_back)
    lines["margin_amount"] = lines["net_amount"] - lines["cost_amount"]
    return lines


def read_customers(folder: Path, headers: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Known customers, with their usual location; the last sale's rep where none is listed."""
    listed = read_list(
        folder,
        "dw_customer",
        {
            "customer_code_365": "customer_id",
            "customer_name": "customer_name",
            "email": "email",
            "region": "region",
            "country": "country",
            "segment": "customer_segment",
            "sales_rep_code": "sales_rep_id",
            "sign_up_date": "sign_up_date",
        },
    )
    customers = listed.reindex(listed.index.union(headers["customer_id"].cat.categories))
    customers.index.name = "customer_id"
    customers["customer_name"] = customers["customer_name"].fillna(customers.index.to_series())

    located = headers[headers["location_id"] != UNKNOWN]
    counts = located.groupby(["customer_id", "location_id"], observed=True).size()
    counts = counts.reset_index(name="invoices").sort_values(
        ["customer_id", "invoices", "location_id"], ascending=[True, False, True]
    )
    usual = counts.drop_duplicates("customer_id").set_index("customer_id")["location_id"]
    customers["location_id"] = usual.astype(object).reindex(customers.index)

    sales = headers.loc[np.unique(lines.loc[lines["is_sale"], "invoice"])]
    sales = sales.dropna(subset=["customer_id"]).sort_values(
        ["invoice_date", "invoice_time", "invoice_id"], na_position="first"
    )
    last_rep = sales.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    last_rep = last_rep["sales_rep_id"].astype(object).reindex(customers.index)
    customers["sales_rep_id"] = customers["sales_rep_id"].fillna(last_rep)
    return customers
