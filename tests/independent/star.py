"""The star: accepted invoices and lines with their members, and the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tests.independent.judging import (
    UNCATEGORISED,
    UNKNOWN,
    Accepted,
    Invoice,
    Item,
    Raw,
    Rejected,
    judge,
)
from tests.independent.settings import Settings

ZERO = Decimal("0.0000")


@dataclass(frozen=True)
class Fact:
    """An accepted line with everything that its invoice and its item say."""

    line_id: str | None
    invoice_id: str
    customer_id: str
    item_id: str
    category_id: str
    location_id: str
    channel_id: str
    sales_rep_id: str
    day: date
    at: datetime | None
    line_type: str
    is_product: bool
    quantity: Decimal
    net_amount: Decimal
    cost_amount: Decimal | None

    @property
    def margin(self) -> Decimal | None:
        """Net amount less cost, where the cost is known."""
        return None if self.cost_amount is None else self.net_amount - self.cost_amount

    @property
    def is_sale(self) -> bool:
        return self.line_type == "sale"

    @property
    def is_trade(self) -> bool:
        """Whether the line counts in spend and monetary value: a sale or a return."""
        return self.line_type != "adjustment"


@dataclass(frozen=True)
class KnownCustomer:
    """A customer that customer marts have a row for."""

    customer_id: str
    name: str
    region: str | None
    country: str | None
    location_id: str | None
    sales_rep_ids: frozenset[str | None]
    """The rep; several where several last invoices of one day leave it open."""


@dataclass(frozen=True)
class Star:
    """All accepted rows, and what the marts read of them: nothing after the clock."""

    settings: Settings
    as_of: date | None
    rejected: Sequence[Rejected]
    invoices: Mapping[str, Invoice]
    all_facts: Sequence[Fact]
    items: Mapping[str, Item]
    customers: Mapping[str, KnownCustomer]
    managers: Mapping[str, str | None]
    """The manager of each listed sales rep."""
    reps_of_customers: Mapping[str, frozenset[str | None]]
    """The rep of every customer, of the unknown one too; several as in KnownCustomer."""

    @property
    def facts(self) -> list[Fact]:
        """Lines up to the clock."""
        as_of = self.as_of
        return [] if as_of is None else [fact for fact in self.all_facts if fact.day <= as_of]


def line_type(invoice_type: str, quantity: Decimal, amount: Decimal) -> str:
    """Type of a line from that of its invoice and its signs."""
    if invoice_type == "sale" and (quantity < 0 or amount < 0):
        return "return"
    return invoice_type


def build_star(tables: Mapping[str, Mapping[str, Sequence[Raw]]], settings: Settings) -> Star:
    """Judges raw tables and assembles the star."""
    accepted = judge(tables, settings)
    items = {item: inferred_item(item) for item in accepted.counted_items} | accepted.items
    facts = []
    for line in accepted.lines:
        invoice = accepted.invoices[line.invoice_id]
        item = items.setdefault(line.item_id, inferred_item(line.item_id))
        facts.append(
            Fact(
                line_id=line.line_id,
                invoice_id=line.invoice_id,
                customer_id=invoice.customer_id,
                item_id=line.item_id,
                category_id=category_of(item),
                location_id=invoice.location_id,
                channel_id=invoice.channel_id,
                sales_rep_id=invoice.sales_rep_id,
                day=invoice.day,
                at=invoice.at,
                line_type=line_type(invoice.invoice_type, line.quantity, line.net_amount),
                is_product=item.is_product,
                quantity=line.quantity,
                net_amount=line.net_amount,
                cost_amount=line.cost_amount,
            )
        )
    as_of = settings.as_of_date or max(
        (invoice.day for invoice in accepted.invoices.values()), default=None
    )
    customers = known_customers(accepted, facts, as_of)
    return Star(
        settings=settings,
        as_of=as_of,
        rejected=accepted.rejected,
        invoices=accepted.invoices,
        all_facts=facts,
        items=items,
        customers=customers,
        managers=accepted.managers,
        reps_of_customers=reps_of_customers(accepted, customers),
    )


def inferred_item(item_id: str) -> Item:
    """The item of a line whose code no list has, or that has no code."""
    name = "Unknown item" if item_id == UNKNOWN else item_id
    return Item(item_id, name, None, is_product=False)


def category_of(item: Item) -> str:
    """Category of an item; only products have one."""
    return item.category_id if item.is_product and item.category_id else UNCATEGORISED


def known_customers(
    accepted: Accepted, facts: Sequence[Fact], as_of: date | None
) -> dict[str, KnownCustomer]:
    """Customers that are listed, or invoiced by the clock; none when there is no clock."""
    if as_of is None:
        return {}
    sold = {fact.invoice_id for fact in facts if fact.is_sale}
    invoices_of: dict[str, list[Invoice]] = {}
    for invoice in accepted.invoices.values():
        if invoice.day <= as_of and invoice.customer_id != UNKNOWN:
            invoices_of.setdefault(invoice.customer_id, []).append(invoice)

    known = {}
    for customer_id in sorted({*accepted.customers, *invoices_of}):
        listed = accepted.customers.get(customer_id)
        invoices = invoices_of.get(customer_id, [])
        places = Counter(
            invoice.location_id for invoice in invoices if invoice.location_id != UNKNOWN
        )
        place = min(places, key=lambda name: (-places[name], name), default=None)
        sales = [invoice for invoice in invoices if invoice.invoice_id in sold]
        last_day = max((invoice.day for invoice in sales), default=None)
        reps: frozenset[str | None]
        if listed and listed.sales_rep_id:
            reps = frozenset({listed.sales_rep_id})
        else:
            last = [invoice.sales_rep_id for invoice in sales if invoice.day == last_day]
            reps = frozenset(None if rep == UNKNOWN else rep for rep in last or [UNKNOWN])
        known[customer_id] = KnownCustomer(
            customer_id=customer_id,
            name=(listed and listed.name) or customer_id,
            region=listed.region if listed else None,
            country=(listed and listed.country) or accepted.countries.get(place or ""),
            location_id=place,
            sales_rep_ids=reps,
        )
    return known


def reps_of_customers(
    accepted: Accepted, known: Mapping[str, KnownCustomer]
) -> dict[str, frozenset[str | None]]:
    """The rep of every customer that a list or an invoice of any date names, and of no customer."""
    named = {invoice.customer_id for invoice in accepted.invoices.values()}
    reps: dict[str, frozenset[str | None]] = {UNKNOWN: frozenset({None})}
    for customer_id in {*accepted.customers, *named} - {UNKNOWN}:
        listed = accepted.customers.get(customer_id)
        customer = known.get(customer_id)
        rep = listed.sales_rep_id if listed else None
        reps[customer_id] = customer.sales_rep_ids if customer else frozenset({rep})
    return reps
