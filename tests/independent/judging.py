"""Each raw row is accepted, or rejected with a reason; accepted rows become plain records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from tests.independent.reading import Moment, code, moment, money, number, time_of_day, trimmed
from tests.independent.settings import Settings, invoice_types, is_named_non_product

Raw = Mapping[str, str | None]

Key = TypeVar("Key")

MOST_MONEY = Decimal(10**12)
UNKNOWN = "__unknown__"
UNCATEGORISED = "__uncategorised__"


@dataclass(frozen=True)
class Rejected:
    """A raw row that is not in the star."""

    connector: str
    table: str
    raw: Raw
    reason: str
    net_amount: Decimal | None = None


@dataclass(frozen=True)
class Invoice:
    """An accepted invoice."""

    connector: str
    invoice_id: str
    customer_id: str
    location_id: str
    channel_id: str
    sales_rep_id: str
    day: date
    at: datetime | None
    invoice_type: str
    header_amount: Decimal | None = None


@dataclass(frozen=True)
class Line:
    """An accepted line; None as its key where the source has no key for it."""

    line_id: str | None
    invoice_id: str
    item_id: str
    quantity: Decimal
    net_amount: Decimal
    cost_amount: Decimal | None
    description: str | None = None


@dataclass(frozen=True)
class Item:
    """An item of a list, or of a flat file, whose lines list it."""

    item_id: str
    name: str | None
    category_id: str | None
    is_product: bool
    is_active: bool = True


@dataclass(frozen=True)
class Customer:
    """A customer of a customer list."""

    customer_id: str
    name: str | None
    region: str | None
    country: str | None
    sales_rep_id: str | None


@dataclass
class Accepted:
    """Everything that the connectors' rows say once bad ones are gone."""

    invoices: dict[str, Invoice] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    managers: dict[str, str | None] = field(default_factory=dict)
    """The manager of each listed sales rep."""
    counted_items: set[str] = field(default_factory=set)
    """Items of stock counts."""
    countries: dict[str, str] = field(default_factory=dict)
    """The country that a location of a flat file is."""
    rejected: list[Rejected] = field(default_factory=list)


def judge(tables: Mapping[str, Mapping[str, Sequence[Raw]]], settings: Settings) -> Accepted:
    """Judges all raw rows of all connectors."""
    accepted = Accepted()
    if "dw" in tables:
        judge_dw(tables["dw"], settings, accepted)
    if "online_retail" in tables:
        judge_online_retail(tables["online_retail"], settings, accepted)
    return accepted


def date_reason(text: str | None, settings: Settings) -> str | None:
    """Why a required date rejects its row."""
    if trimmed(text) is None:
        return "missing_date"
    read = moment(text)
    if read is None:
        return "unparseable_date"
    if read.day < settings.earliest_plausible_date:
        return "implausible_date"
    return "future_date" if read.day > settings.build_date else None


def sort_text(raw: Raw) -> tuple[str, ...]:
    """All raw columns as text, missing ones empty; Python orders text by code point."""
    return tuple(value or "" for value in raw.values())


def first_of_each_key(
    rows: Iterable[tuple[Key, Raw]], reject: Callable[[Raw], None]
) -> dict[Key, Raw]:
    """Of rows with one key the first by all raw columns; the others are handed to `reject`."""
    kept: dict[Key, Raw] = {}
    for key, raw in sorted(rows, key=lambda row: sort_text(row[1])):
        if key in kept:
            reject(raw)
        else:
            kept[key] = raw
    return kept


# Connector dw


def judge_dw(tables: Mapping[str, Sequence[Raw]], settings: Settings, accepted: Accepted) -> None:
    """Headers, lines and lists of connector dw."""
    prefix = settings.id_prefix.get("dw", "")

    def member(text: str | None) -> str:
        word = trimmed(text)
        return UNKNOWN if word is None else prefix + word

    def reject(table: str, raw: Raw, reason: str, amount: Decimal | None = None) -> None:
        accepted.rejected.append(Rejected("dw", table, raw, reason, amount))

    def listed(table: str, key: str) -> dict[str, Raw]:
        keyed = []
        for raw in tables.get(table, ()):
            word = trimmed(raw[key])
            if word is None:
                reject(table, raw, "missing_key")
            else:
                keyed.append((prefix + word, raw))
        return first_of_each_key(keyed, lambda raw: reject(table, raw, "duplicate_key"))

    for item_id, raw in listed("dw_item", "item_code_365").items():
        bare = item_id.removeprefix(prefix)
        category = trimmed(raw["category_code"])
        inactive = (trimmed(raw["is_active"]) or "").lower() in ("false", "f", "no", "n", "0")
        accepted.items[item_id] = Item(
            item_id=item_id,
            name=trimmed(raw["item_description"]),
            category_id=None if category is None else prefix + category,
            is_product=not is_named_non_product("dw", bare),
            is_active=not inactive,
        )
    for customer_id, raw in listed("dw_customer", "customer_code_365").items():
        rep = trimmed(raw["sales_rep_code"])
        accepted.customers[customer_id] = Customer(
            customer_id=customer_id,
            name=trimmed(raw["customer_name"]),
            region=trimmed(raw["region"]),
            country=trimmed(raw["country"]),
            sales_rep_id=None if rep is None else prefix + rep,
        )
    listed("dw_location", "location_code")
    for sales_rep_id, raw in listed("dw_sales_rep", "sales_rep_code").items():
        manager = trimmed(raw["manager_code"])
        accepted.managers[sales_rep_id] = None if manager is None else prefix + manager
    listed("dw_channel", "channel_code")
    for item in judge_dw_stock(tables.get("dw_inventory_snapshot", ()), settings, reject):
        accepted.counted_items.add(prefix + item)

    all_headers = set()
    good_headers = []
    for raw in tables.get("dw_invoice_header", ()):
        number_text = trimmed(raw["invoice_no_365"])
        kind = (trimmed(raw["invoice_type"]) or "").lower()
        if number_text is None:
            reject("dw_invoice_header", raw, "missing_key")
            continue
        all_headers.add(number_text)
        reason = date_reason(raw["invoice_date"], settings)
        if reason is None and kind not in invoice_types():
            reason = "unknown_invoice_type"
        if reason is None:
            good_headers.append((number_text, raw))
        else:
            reject("dw_invoice_header", raw, reason)
    headers = first_of_each_key(
        good_headers, lambda raw: reject("dw_invoice_header", raw, "duplicate_key")
    )
    for number_text, raw in headers.items():
        read = moment(raw["invoice_date"])
        assert read is not None
        clock = time_of_day(raw["invoice_time"])
        accepted.invoices[prefix + number_text] = Invoice(
            connector="dw",
            invoice_id=prefix + number_text,
            customer_id=member(raw["customer_code_365"]),
            location_id=member(raw["location_code"]),
            channel_id=member(raw["channel_code"]),
            sales_rep_id=member(raw["sales_rep_code"]),
            day=read.day,
            at=read.at if clock is None else datetime.combine(read.day, clock),
            invoice_type=invoice_types()[(trimmed(raw["invoice_type"]) or "").lower()],
            header_amount=money(number(raw["total_grand"])),
        )

    good_lines = []
    kept_headers = set(headers)
    for raw in tables.get("dw_invoice_line", ()):
        reason, amount = dw_line_reason(raw, all_headers, kept_headers)
        if reason is None:
            good_lines.append((trimmed(raw["id"]), raw))
        else:
            reject("dw_invoice_line", raw, reason, amount)
    lines = first_of_each_key(
        good_lines,
        lambda raw: reject("dw_invoice_line", raw, "duplicate_key", dw_amount(raw)),
    )
    for line_id, raw in lines.items():
        quantity, net_amount = money(number(raw["quantity"])), dw_amount(raw)
        assert line_id is not None
        assert quantity is not None
        assert net_amount is not None
        accepted.lines.append(
            Line(
                line_id=prefix + line_id,
                invoice_id=prefix + (trimmed(raw["invoice_no_365"]) or ""),
                item_id=member(raw["item_code_365"]),
                quantity=quantity,
                net_amount=net_amount,
                cost_amount=money(number(raw["cost_amount"])),
            )
        )


def dw_amount(raw: Raw) -> Decimal | None:
    """Amount of a line without tax where that is known, else with it."""
    without_tax = money(number(raw["line_total_excl"]))
    return money(number(raw["line_total_incl"])) if without_tax is None else without_tax


def dw_line_reason(
    raw: Raw, all_headers: set[str], good_headers: set[str]
) -> tuple[str | None, Decimal | None]:
    """Why a line is rejected, apart from duplicates, and its amount."""
    amount = dw_amount(raw)
    invoice = trimmed(raw["invoice_no_365"])
    required = (raw["quantity"], raw["line_total_incl"])
    if trimmed(raw["id"]) is None or invoice is None:
        return "missing_key", amount
    if invoice not in all_headers:
        return "line_without_header", amount
    if invoice not in good_headers:
        return "rejected_header", amount
    if any(trimmed(text) is not None and number(text) is None for text in required):
        return "unparseable_number", amount
    if not money(number(raw["quantity"])) and not amount:
        return "empty_line", amount
    if any(number(text) is None for text in required):
        return "missing_number", amount
    return None, amount


def judge_dw_stock(
    rows: Sequence[Raw],
    settings: Settings,
    reject: Callable[[str, Raw, str], None],
) -> set[str]:
    """Judges stock counts, and returns the codes of the items counted."""
    good = []
    for raw in rows:
        reason: str | None = None
        if trimmed(raw["item_code_365"]) is None:
            reason = "missing_key"
        reason = reason or date_reason(raw["snapshot_date"], settings)
        on_hand = raw["on_hand_quantity"]
        if reason is None and number(on_hand) is None:
            reason = "missing_number" if trimmed(on_hand) is None else "unparseable_number"
        if reason is None:
            read = moment(raw["snapshot_date"])
            assert read is not None
            item = trimmed(raw["item_code_365"]) or ""
            good.append(((read.day, item, trimmed(raw["location_code"])), raw))
        else:
            reject("dw_inventory_snapshot", raw, reason)
    kept = first_of_each_key(
        good, lambda raw: reject("dw_inventory_snapshot", raw, "duplicate_key")
    )
    return {item for _, item, _ in kept}


# Connector online_retail


@dataclass(frozen=True)
class FlatLine:
    """An accepted row of a flat file, before its invoice is put together."""

    invoice: str
    customer_id: str | None
    country: str | None
    moment: Moment
    line: Line


def judge_online_retail(
    tables: Mapping[str, Sequence[Raw]], settings: Settings, accepted: Accepted
) -> None:
    """The flat lines of connector online_retail."""
    prefix = settings.id_prefix.get("online_retail", "")
    seen: Counter[tuple[str, ...]] = Counter()
    flat: list[FlatLine] = []
    descriptions: dict[str, Counter[str]] = {}

    def prefixed(word: str | None) -> str | None:
        return None if word is None else prefix + word

    for raw in tables.get("online_retail_lines", ()):
        quantity, amount = flat_quantity_and_amount(raw)
        reason = online_retail_reason(raw, settings)
        if reason is None and settings.online_retail_reject_duplicates:
            seen[sort_text(raw)] += 1
            reason = "exact_duplicate" if seen[sort_text(raw)] > 1 else None
        if reason is not None:
            accepted.rejected.append(
                Rejected("online_retail", "online_retail_lines", raw, reason, amount)
            )
            continue
        read = moment(raw["InvoiceDate"])
        assert read is not None
        assert quantity is not None
        assert amount is not None
        invoice = code(raw["Invoice"]) or ""
        item = (code(raw["StockCode"]) or "").upper()
        flat.append(
            FlatLine(
                invoice=invoice,
                customer_id=prefixed(code(raw["Customer ID"])),
                country=prefixed(trimmed(raw["Country"])),
                moment=read,
                line=Line(
                    line_id=None,
                    invoice_id=prefix + invoice,
                    item_id=prefix + item if item else UNKNOWN,
                    quantity=quantity,
                    net_amount=amount,
                    cost_amount=None,
                    description=trimmed(raw["Description"]),
                ),
            )
        )

    by_invoice: dict[str, list[FlatLine]] = {}
    for row in flat:
        by_invoice.setdefault(row.invoice, []).append(row)
    for invoice, rows in by_invoice.items():
        times = [row.moment.at for row in rows if row.moment.at is not None]
        accepted.invoices[prefix + invoice] = Invoice(
            connector="online_retail",
            invoice_id=prefix + invoice,
            customer_id=min((row.customer_id for row in rows if row.customer_id), default=UNKNOWN),
            location_id=min((row.country for row in rows if row.country), default=UNKNOWN),
            channel_id=UNKNOWN,
            sales_rep_id=UNKNOWN,
            day=min(row.moment.day for row in rows),
            at=min(times, default=None),
            invoice_type=online_retail_type(invoice),
        )
    as_of = settings.as_of_date or max(
        (invoice.day for invoice in accepted.invoices.values()), default=settings.build_date
    )
    for row in flat:
        accepted.lines.append(row.line)
        if row.country is not None:
            accepted.countries[row.country] = row.country.removeprefix(prefix)
        if row.line.item_id == UNKNOWN:
            continue
        names = descriptions.setdefault(row.line.item_id, Counter())
        if row.line.description and accepted.invoices[row.line.invoice_id].day <= as_of:
            names[row.line.description] += 1
    for item_id, names in descriptions.items():
        bare = item_id.removeprefix(prefix)
        digits = bare[:2]
        in_category = len(digits) == 2 and digits.isascii() and digits.isdigit()
        accepted.items[item_id] = Item(
            item_id=item_id,
            name=min(names, key=lambda name: (-names[name], name)) if names else None,
            category_id=prefix + digits if in_category else None,
            is_product=not is_named_non_product("online_retail", bare),
        )


def online_retail_type(invoice: str) -> str:
    """Type of an invoice by its first letter."""
    return {"C": "return", "A": "adjustment"}.get(invoice[:1], "sale")


def flat_quantity_and_amount(raw: Raw) -> tuple[Decimal | None, Decimal | None]:
    """Quantity with its four decimals, and quantity times price, if no more than twelve digits."""
    quantity, price = money(number(raw["Quantity"])), number(raw["Price"])
    if quantity is None or price is None or abs(quantity * price) >= MOST_MONEY:
        return quantity, None
    return quantity, money(quantity * price)


def online_retail_reason(raw: Raw, settings: Settings) -> str | None:
    """Why a flat line is rejected, apart from duplicates."""
    invoice = code(raw["Invoice"])
    if invoice is None:
        return "missing_key"
    reason = date_reason(raw["InvoiceDate"], settings)
    if reason is not None:
        return reason
    texts = (raw["Quantity"], raw["Price"])
    if any(trimmed(text) is not None and number(text) is None for text in texts):
        return "unparseable_number"
    quantity, amount = flat_quantity_and_amount(raw)
    price = number(raw["Price"])
    if quantity is not None and price is not None and amount is None:
        return "unparseable_number"
    if not quantity and not amount:
        return "empty_line"
    if quantity is None or price is None:
        return "missing_number"
    if price < 0 and online_retail_type(invoice) == "sale":
        return "negative_price"
    return None
