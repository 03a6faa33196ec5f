"""The lists of the demo company as rows of text: items, customers, reps, places, channels."""

import unicodedata

from bench.demo import catalogue
from bench.demo import company as co
from bench.demo.company import Company, Row
from bench.demo.files import cents_text

_DOMAIN = "kettle-and-crumb.example"


def item_rows(company: Company) -> list[Row]:
    """Rows of dw_item, the postage item last; lengths in centimetres, weights in kilograms."""
    items = company.items
    rng = company.rng(5)
    measures = rng.random((items.products, 4))
    numbers = rng.random((items.products, 5))
    rows: list[Row] = []
    for position in range(items.products):
        length, width, height, weight = measures[position]
        pieces, selling, lead, ordering, holding = numbers[position]
        category = int(items.category[position])
        rows.append(
            {
                "item_code_365": items.codes[position],
                "item_description": items.names[position],
                "category_code": ([c.code for c in catalogue.CATEGORIES] + [""])[category],
                "item_length": f"{10 + 40 * length:.1f}",
                "item_width": f"{8 + 30 * width:.1f}",
                "item_height": f"{4 + 30 * height:.1f}",
                "item_weight": f"{0.2 + 16 * weight**2:.2f}",
                "number_of_pieces": str((1, 1, 6, 12, 24, 50)[int(6 * pieces)]),
                "selling_qty": str((1, 1, 1, 2, 6)[int(5 * selling)]),
                "unit_cost": (cents_text(items.cost[position]) if items.has_cost[position] else ""),
                "unit_price": cents_text(items.price[position]),
                # A few items lack what lot sizes and reorder points need.
                "lead_time_days": "" if position % 60 == 17 else str(2 + int(27 * lead**2)),
                "ordering_cost": "" if position % 60 == 31 else f"{15 + 45 * ordering:.2f}",
                "holding_cost_pct": f"{0.15 + 0.15 * holding:.2f}",
                "is_active": "true" if items.is_active[position] else "false",
            }
        )
    postage = items.postage
    rows.append(
        {
            "item_code_365": items.codes[postage],
            "item_description": items.names[postage],
            "unit_cost": cents_text(items.cost[postage]),
            "unit_price": cents_text(items.price[postage]),
            "is_active": "true",
        }
    )
    return rows


def _plain(name: str) -> str:
    """Letters and digits of a name, in ASCII, joined by hyphens."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in ascii_name.lower()).split())


def _names(company: Company) -> list[str]:
    """A name for each listed customer, all different."""
    customers = company.customers
    rng = company.rng(6)
    firsts, seconds, towns = catalogue.FIRST_WORDS, catalogue.SECOND_WORDS, catalogue.TOWN_WORDS
    stems = rng.permutation(len(firsts) * len(seconds))
    names = []
    for position in range(customers.listed):
        stem = int(stems[position % len(stems)])
        lap = position // len(stems)
        words = catalogue.BUSINESS_WORDS[catalogue.SEGMENTS[customers.segment[position]]]
        name = f"{firsts[stem % len(firsts)]} {seconds[stem // len(firsts)]} {words[position % 4]}"
        if lap:
            name += f", {towns[(lap - 1) % len(towns)]}"
        if lap > len(towns):
            name += f" {(lap - 1) // len(towns) + 1}"
        names.append(name)
    return names


def customer_rows(company: Company) -> list[Row]:
    """Rows of dw_customer; every 20th has no rep of its own, every 15th no credit limit."""
    customers = company.customers
    rng = company.rng(7)
    days_before = rng.integers(3, 25, customers.listed)
    years_before = rng.integers(0, 2000, customers.listed)
    limits = rng.integers(2, 41, customers.listed)
    rows: list[Row] = []
    for position, name in enumerate(_names(company)):
        first = int(customers.first_day[position])
        is_old = first == company.size.first_day
        before = days_before[position] + (years_before[position] if is_old else 0)
        rows.append(
            {
                "customer_code_365": customers.codes[position],
                "customer_name": name,
                "region": catalogue.REGIONS[customers.region[position]],
                "country": catalogue.COUNTRY,
                "segment": catalogue.SEGMENTS[customers.segment[position]],
                "sign_up_date": co.day_of(first - int(before)).isoformat(),
                "sales_rep_code": (
                    "" if position % 20 == 19 else catalogue.REPS[customers.rep[position]][0]
                ),
                "email": f"orders@{_plain(name)}.example",
                "credit_limit": "" if position % 15 == 14 else f"{int(limits[position]) * 500}.00",
            }
        )
    return rows


def rep_rows() -> list[Row]:
    """Rows of dw_sales_rep."""
    return [
        {
            "sales_rep_code": code,
            "sales_rep_name": name,
            "email": f"{_plain(name).replace('-', '.')}@{_DOMAIN}",
            "region": region,
            "manager_code": manager,
        }
        for code, name, region, manager in catalogue.REPS
    ]


def location_rows() -> list[Row]:
    """Rows of dw_location."""
    return [
        {
            "location_code": code,
            "location_name": name,
            "region": region,
            "country": catalogue.COUNTRY,
        }
        for code, name, region in catalogue.LOCATIONS
    ]


def channel_rows() -> list[Row]:
    """Rows of dw_channel."""
    return [{"channel_code": code, "channel_name": name} for code, name in catalogue.CHANNELS]
