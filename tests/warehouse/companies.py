"""Small odd companies, generated: few customers and items, many edges and bad rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.warehouse.harness import Company

Text = str | None
RawRow = dict[str, Text]

LAST_DAY = date(2024, 3, 31)
BUILD_DATE = "2024-04-15"

# Days before the last one: window edges of 30, 90 and 365 days, month ends, and the distant past.
DAYS_BACK = (0, 0, 1, 15, 29, 30, 31, 59, 60, 61, 89, 90, 91, 179, 180, 181, 364, 365, 366, 500)

ODD_NUMBERS = (
    None, "", " ", "NaN", "1e5", "infinity", "-inf", "abc", "1,5", "1.2.3", "--1", "1 000", "0x1F",
    "1234567890123", "١٢", "  7 ", "+3", ".5", "5.", ".", "-0", "0.00004", "0.00005", "-0.00005",
    "123456789012", "000000000001",
)  # fmt: skip
ODD_DATES = (
    None, "", "yesterday", "today", "infinity", "epoch", "2023-02-29", "2024-02-30", "2024-13-01",
    "31/03/2024", "20240331", "2024-3-1", "2024-03-31 25:00:00", "1969-12-31", "2024-04-15",
    "2024-04-16", "9999-12-31", "0001-01-01", " 2024-03-30 ", "2024-02-29", "2024-03-30T23:59:59Z",
)  # fmt: skip
CUSTOMER_CODES = ("C1", "c1", "C10", "C9", "Ångström", "O'Neil", 'say "hi"', "顧客", "😀", "_%")
CATEGORIES = ("K1", "K2", "k1", "Ä'1", "K 3")
ITEM_CODES = ("I1", "I10", "I2", "i1", "É1", "it's", 'in"ch', "品", "🍎", "a%b_", "POST", "post")


def mostly(usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any], one_in: int) -> Any:
    """A usual value, and once in a while an odd one."""
    return st.integers(1, one_in).flatmap(lambda drawn: odd if drawn == one_in else usual)


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


def dates(with_time: bool) -> st.SearchStrategy[str]:
    """Days around the window edges, as ISO text."""
    days = one_of(*DAYS_BACK).map(lambda back: (LAST_DAY - timedelta(days=back)).isoformat())
    if not with_time:
        return days
    times = one_of("08:26:00", "09:05:59", "23:59:59.999", "00:00:00", "12:00")
    return st.tuples(days, times).map(" ".join)


def thresholds() -> st.SearchStrategy[dict[str, Any]]:
    """Vars that change what the marts count."""
    return st.fixed_dictionaries(
        {
            "basket_min_count": one_of(1, 1, 2, 5),
            "basket_min_support": one_of(0.01, 0, 0.1, 0.25, 0.3),
            "basket_min_confidence": one_of(0.2, 0, 0.5, 0.8),
        },
        optional={
            "basket_max_items": one_of(0, 2, 3),
            "basket_max_rules": one_of(0, 1, 5),
            "basket_max_q": one_of(0.5, 1),
            "rfm_monetary": one_of("net", "sales"),
            "churn_window_days": one_of(30, 91, 1),
            "churn_drop_threshold": one_of(0.1, 1, 0.25),
            "penetration_active_days": one_of(30, 366),
            "abc_cut_a": one_of(0.5, 0.25),
            "earliest_plausible_date": one_of("2023-03-31", "1900-01-01"),
            "as_of_date": one_of(
                "2024-03-31", "2024-03-30", "2024-02-29", "2023-12-31", "2024-06-30"
            ),
        },
    ).map(lambda drawn: {"build_date": BUILD_DATE, **drawn})


def with_copies(
    rows: list[RawRow], copies: list[tuple[int, str | None, str | None]]
) -> list[RawRow]:
    """Rows with some repeated at the end, whole or with one column changed."""
    repeated = [
        {**rows[place % len(rows)], **({column: value} if column else {})}
        for place, column, value in copies
        if rows
    ]
    return rows + repeated


@st.composite
def dw_companies(draw: st.DrawFn) -> Company:
    """A company of connector dw."""
    item_codes = draw(st.lists(one_of(*ITEM_CODES), min_size=1, max_size=6, unique=True))
    customer_codes = draw(st.lists(one_of(*CUSTOMER_CODES), min_size=1, max_size=6, unique=True))
    padded = mostly(st.just("{}"), one_of(" {}", "{}  "), 8)

    def pad(code: str) -> str:
        return str(draw(padded)).format(code)

    items: list[RawRow] = [
        {
            "item_code_365": pad(code),
            "item_description": draw(
                mostly(st.just(f"name of {code}"), one_of(None, "", " x "), 6)
            ),
            "category_code": draw(mostly(one_of(*CATEGORIES), one_of(None, "", " K1 "), 6)),
            "is_active": draw(one_of(None, "true", "false", " NO ", "1", "?")),
            "unit_cost": draw(mostly(st.just("1.5"), one_of(*ODD_NUMBERS), 8)),
        }
        for code in item_codes
        if draw(mostly(st.just(True), st.just(False), 8))
    ]
    items = with_copies(
        items,
        draw(
            st.lists(
                st.tuples(
                    st.integers(0, 5),
                    one_of(None, "category_code", "item_description", "item_code_365"),
                    one_of("K2", None, "!"),
                ),
                max_size=2,
            )
        ),
    )

    headers: list[RawRow] = []
    lines: list[RawRow] = []
    bare = draw(st.booleans())
    """Whether the company has optional columns."""
    for number in range(draw(mostly(st.integers(8, 26), st.integers(0, 3), 6))):
        invoice = f"{number}" if number % 7 else f"№ {number}'"
        kind = draw(
            mostly(
                one_of("sale", "sale", "sale", " SALE", "Return", "adjustment"),
                one_of("refund", None, "", "sales"),
                12,
            )
        )
        header: RawRow = {
            "invoice_no_365": draw(mostly(st.just(invoice), one_of(None, "", f" {invoice} "), 15)),
            "customer_code_365": draw(
                mostly(one_of(*customer_codes), one_of(None, "", "not listed"), 8)
            ),
            "invoice_date": draw(mostly(dates(with_time=False), one_of(*ODD_DATES), 10)),
            "invoice_type": kind,
            "total_grand": draw(mostly(one_of("10", "0", "20.5"), one_of(*ODD_NUMBERS), 8)),
        }
        if not bare:
            header |= {
                "invoice_time": draw(one_of(None, "08:05", "23:59:59", " 00:00 ", "24:00", "noon")),
                "location_code": draw(one_of("L1", "L2", "ł", None)),
                "channel_code": draw(one_of("web", "shop", "", None)),
                "sales_rep_code": draw(one_of("R1", "R2", None)),
                "currency_code": draw(one_of("EUR", None)),
            }
        headers.append(header)
        sign = "-" if (kind or "").strip().lower() == "return" else ""
        for place in range(draw(st.integers(0, 4))):
            amount = draw(one_of("10", "2.5", "0.3333", "19.99", "10", "0", "100.00005"))
            line: RawRow = {
                "id": draw(
                    mostly(st.just(f"{number}-{place}"), one_of(None, " 1-0", "1-0", "x"), 20)
                ),
                "invoice_no_365": draw(
                    mostly(st.just(invoice), one_of(None, "nowhere", f" {invoice}"), 20)
                ),
                "item_code_365": draw(
                    mostly(one_of(*item_codes), one_of(None, " ", "unheard of"), 10)
                ),
                "quantity": draw(
                    mostly(
                        one_of(f"{sign}1", f"{sign}3", f"{sign}0.25", "0"), one_of(*ODD_NUMBERS), 10
                    )
                ),
                "line_total_incl": draw(
                    mostly(st.just(sign + amount), one_of(*ODD_NUMBERS, "-" + amount), 10)
                ),
            }
            if not bare:
                line["line_total_excl"] = draw(
                    mostly(one_of(None, None, f"{sign}8.3333"), one_of(*ODD_NUMBERS), 8)
                )
                line["cost_amount"] = draw(
                    mostly(one_of(None, f"{sign}4", f"{sign}12.5"), one_of(*ODD_NUMBERS), 8)
                )
            lines.append(line)
    changes = st.tuples(
        st.integers(0, 99),
        one_of(None, None, "quantity", "line_total_incl", "item_code_365"),
        one_of("1", "9", "NaN"),
    )
    lines = with_copies(lines, draw(st.lists(changes, max_size=3)))
    headers = with_copies(
        headers,
        draw(
            st.lists(
                st.tuples(
                    st.integers(0, 99),
                    one_of(None, "invoice_date", "customer_code_365", "invoice_type"),
                    one_of("2024-03-01", "return", "zz", "sale"),
                ),
                max_size=2,
            )
        ),
    )

    tables: dict[str, list[RawRow]] = {
        "dw_invoice_header": headers,
        "dw_invoice_line": lines,
        "dw_item": items,
    }
    # Which tables there are decides what dbt has to parse anew, so there are few choices.
    optional = draw(one_of("none", "customers", "all"))
    if optional != "none":
        tables["dw_customer"] = [
            {
                "customer_code_365": draw(
                    mostly(st.just(pad(code)), one_of(None, "", "never buys"), 8)
                ),
                "customer_name": draw(one_of("Name", None, " ")),
                "region": draw(one_of("north", None)),
                "country": draw(one_of("GR", None)),
                "sales_rep_code": draw(one_of("R1", "R9", None)),
                "sign_up_date": draw(one_of("2020-01-01", "2023-02-29", None)),
            }
            for code in customer_codes
        ]
    if optional == "all":
        tables["dw_location"] = [
            {"location_code": "L1", "location_name": "One", "region": "R", "country": "CY"},
            {"location_code": draw(one_of("L1", "L2", None)), "country": "DE"},
        ]
        tables["dw_sales_rep"] = [
            {"sales_rep_code": "R1", "manager_code": "R0"},
            {"sales_rep_code": draw(one_of("R1", "", "R2")), "sales_rep_name": "Rep"},
        ]
        tables["dw_channel"] = [
            {"channel_code": "web", "channel_name": "Web"},
            {"channel_code": draw(one_of("web", None, " shop"))},
        ]
        tables["dw_inventory_snapshot"] = [
            {
                "snapshot_date": draw(mostly(dates(with_time=False), one_of(*ODD_DATES), 3)),
                "item_code_365": draw(one_of("I1", "I1", None, "not listed")),
                "on_hand_quantity": draw(mostly(one_of("5", "0"), one_of(*ODD_NUMBERS), 3)),
                "location_code": draw(one_of("L1", None)),
            }
            for _ in range(draw(st.integers(0, 4)))
        ]
    variables = draw(thresholds())
    if draw(st.booleans()):
        variables["id_prefix"] = {"dw": draw(one_of("dw-", "'"))}
    return Company(tables={"dw": tables}, vars=variables)


STOCK_CODES = (
    "85123A", "85123a", "22423", "22423.0", " 22423", "10002", "POST", "post", "M", "m",
    "gift_0001_20", "TEST001", "DCGS0003", "1", "C2", "é12", "BANK CHARGES", "47566B",
)  # fmt: skip
DESCRIPTIONS = (
    "WHITE HANGING HEART",
    "white hanging heart",
    " CAKE STAND ",
    "?",
    None,
    "",
    "Ärmel",
)


@st.composite
def online_retail_companies(draw: st.DrawFn) -> Company:
    """A company of connector online_retail."""
    codes = draw(st.lists(one_of(*STOCK_CODES), min_size=1, max_size=7, unique=True))
    rows: list[RawRow] = []
    for number in range(draw(mostly(st.integers(6, 22), st.integers(0, 2), 6))):
        letter = draw(one_of("", "", "", "", "C", "A"))
        invoice = f"{letter}{536365 + number}"
        moments = [draw(dates(with_time=True))]
        if draw(st.integers(1, 4)) == 4:
            moments.append(draw(dates(with_time=True)))
        customer = draw(one_of("13085.0", "13085", "12346", "12347.0", None, " 12346 ", ""))
        country = draw(one_of("United Kingdom", "EIRE", "Österreich", None))
        for _ in range(draw(st.integers(1, 4))):
            rows.append(
                {
                    "Invoice": draw(mostly(st.just(invoice), one_of(None, "", f" {invoice}"), 25)),
                    "StockCode": draw(mostly(one_of(*codes), one_of(None, " "), 15)),
                    "Description": draw(one_of(*DESCRIPTIONS)),
                    "Quantity": draw(
                        mostly(
                            one_of(
                                *(("-1", "-6") if letter == "C" else ("1", "6", "12", "-2", "0"))
                            ),
                            one_of(*ODD_NUMBERS),
                            10,
                        )
                    ),
                    "InvoiceDate": draw(mostly(one_of(*moments), one_of(*ODD_DATES), 15)),
                    "Price": draw(
                        mostly(
                            one_of("2.55", "0.42", "0", "-5.5", "3.39", "0.00005", "10"),
                            one_of(*ODD_NUMBERS),
                            12,
                        )
                    ),
                    "Customer ID": draw(mostly(st.just(customer), one_of("99999", None), 12)),
                    "Country": draw(mostly(st.just(country), one_of("France", None), 12)),
                }
            )
    copies = st.tuples(
        st.integers(0, 99), one_of(None, None, None, "Description"), one_of("a", None)
    )
    rows = with_copies(rows, draw(st.lists(copies, max_size=4)))
    variables = draw(thresholds())
    variables["online_retail_reject_duplicates"] = draw(st.booleans())
    if draw(st.booleans()):
        variables["id_prefix"] = {"online_retail": draw(one_of("or-", "é "))}
    return Company(tables={"online_retail": {"online_retail_lines": rows}}, vars=variables)
