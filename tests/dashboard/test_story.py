"""The story of two reps in a real browser: what one sees, and what the other never does.

Each page is looked at on a desktop and on a phone; SCREENSHOTS names a folder for the pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.dashboard.conftest import environment_of
from tests.dashboard.serving import (
    ANALYST,
    DESKTOP,
    INES,
    ORLA,
    PAVEL,
    PHONE,
    STRANGER,
    TOMAS,
    Server,
    chromium,
    go,
    identity_provider,
    new_page,
    serving,
    settle,
    sign_in,
)
from tests.warehouse.harness import Warehouse

PAGES = (
    "", "customer", "overview", "customers", "cohorts", "baskets", "patterns", "top_lists", "lines",
)  # fmt: skip


@dataclass
class Site:
    """The page, and the warehouse that it shows."""

    server: Server
    warehouse: Warehouse
    screenshots: Path


@pytest.fixture(scope="module")
def site(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("page")
    kept = os.environ.get("SCREENSHOTS")
    screenshots = Path(kept).resolve() if kept else folder
    screenshots.mkdir(parents=True, exist_ok=True)
    with (
        identity_provider() as provider,
        serving(folder, environment_of(demo.path), provider) as server,
    ):
        yield Site(server, demo, screenshots)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def customers_of(warehouse: Warehouse, rep: str) -> dict[str, str]:
    """Names of a rep's customers by id, those with the most revenue first."""
    rows = warehouse.query(
        "select customer_id, customer_name from opportunity_marts.customer_360"
        f" where sales_rep_id = '{rep}' order by revenue desc, customer_id"
    )
    return {row["customer_id"]: row["customer_name"] for row in rows}


def offers(page: Page, label: str) -> Locator:
    """The buttons that offer a file, of those not folded away."""
    return page.locator('[data-testid="stMain"] button:not([inert] *)', has_text=label)


def download(page: Page, label: str) -> str:
    """The text of the first file that a button of this name offers, of those not folded away."""
    with page.expect_download() as downloading:
        offers(page, label).first.click()
    return Path(downloading.value.path()).read_text(encoding="utf-8-sig")


def text_of(page: Page) -> str:
    """All text of a page, that of its tables' cells included."""
    return page.locator('[data-testid="stMain"]').inner_text()


def test_a_reps_day(site: Site, browser: Browser) -> None:
    """From the link in a mail to the lines behind a number, and out again."""
    mine, others = customers_of(site.warehouse, "R05"), customers_of(site.warehouse, "R06")
    customer, name = next(iter(mine.items()))
    page = new_page(browser)

    page.goto(site.server.url(f"customer?customer={customer}"))
    sign_in(page, INES)
    assert f"customer={customer}" in page.url, "the link is kept over sign-in"
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_text(re.compile("Data up to.*30 Jun 2026"))).to_be_visible()

    page.get_by_role("link", name="My customers").click()
    settle(page)
    exported = download(page, "CSV")
    assert "# Customers of: Ines Corrado" in exported
    listed = [line for line in exported.splitlines() if not line.startswith(("#", '"#'))]
    assert len(listed) > 10
    assert not [other for other in others.values() if other in exported]

    go(page, site.server, f"lines?customer={customer}&kind=spend")
    [spend] = site.warehouse.query(
        "select actual_spend from opportunity_marts.share_of_wallet"
        f" where customer_id = '{customer}'"
    )
    expect(page.get_by_text(f"{spend['actual_spend']:,.2f}").first).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(site.server.url(f"customer?customer={customer}"))
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert name not in page.content()


def test_another_reps_customer_cannot_be_reached(site: Site, browser: Browser) -> None:
    mine, others = customers_of(site.warehouse, "R06"), customers_of(site.warehouse, "R05")
    customer, name = next(iter(others.items()))
    page = new_page(browser)
    page.goto(site.server.url())
    sign_in(page, PAVEL)
    go(page, site.server, f"customer?customer={customer}")
    foreign = text_of(page).replace(customer, "")
    go(page, site.server, "customer?customer=C99999")
    assert foreign == text_of(page).replace("C99999", ""), "foreign and unknown look the same"
    [invoice] = site.warehouse.query(
        "select max(invoice_id) as invoice_id from opportunity_core.fct_invoice"
        f" where customer_id = '{customer}'"
    )
    for address in (f"lines?customer={customer}", f"lines?invoice={invoice['invoice_id']}"):
        go(page, site.server, address)
        assert name not in page.content(), address
        assert offers(page, "CSV").count() == 0, address
    for address in ("customers", "top_lists", ""):
        go(page, site.server, address)
        assert name not in page.content(), address
        exported = download(page, "CSV")
        assert not [other for other in others.values() if other in exported], address
    assert len(mine) > 10


def test_who_is_no_rep_gets_nothing(site: Site, browser: Browser) -> None:
    page = new_page(browser)
    page.goto(site.server.url("overview"))
    sign_in(page, STRANGER)
    expect(page.get_by_role("heading", level=1)).to_have_text("No access")
    assert "no sales rep has" in text_of(page)
    assert "Revenue" not in text_of(page)


def test_an_address_that_nobody_verified_is_nobodys(site: Site, browser: Browser) -> None:
    page = new_page(browser)
    page.goto(site.server.url("overview"))
    sign_in(page, "declan.marsh@kettle-and-crumb.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("No access")
    assert "no verified e-mail" in text_of(page)


@pytest.mark.parametrize(
    "address",
    [
        "?search={name}&region={region}&kind={kind}",
        "top_lists?list=Wallet+gaps&against=Mean+(baseline)",
        "customers?region={region}&by=Tier&period=30D",
    ],
    ids=["my customers", "top lists", "customers"],
)
def test_back_from_a_customer_leads_to_the_list_as_it_was(
    site: Site, browser: Browser, address: str
) -> None:
    (action,) = site.warehouse.query(
        "select customer_name as name, region, action_type as kind"
        " from opportunity_marts.next_best_action as actions"
        " inner join opportunity_marts.customer_360 as customers using (customer_id)"
        " where actions.sales_rep_id = 'R05' and not is_holdout"
        " order by rank_for_rep limit 1"
    )
    page = new_page(browser)
    page.goto(site.server.url("overview"))
    sign_in(page, INES)
    go(page, site.server, address.format_map({key: quote(text) for key, text in action.items()}))
    asked, seen = parse_qs(urlsplit(page.url).query), text_of(page)
    table = page.locator('[data-testid="stDataFrame"]:visible').first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 52})  # where the first row is marked
    page.wait_for_url("**/customer?customer=*")
    settle(page)
    page.go_back()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == asked)
    expect(page.locator('[data-testid="stMain"]')).to_have_text(seen, use_inner_text=True)
    # A second Back may stay there, and leads on after that.
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    page.close()


@pytest.mark.parametrize("width", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_fits_and_stands(site: Site, browser: Browser, width: int) -> None:
    """No page breaks, none scrolls sideways, every chart and button has a name."""
    customer = next(iter(customers_of(site.warehouse, "R05")))
    page = new_page(browser, width)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(site.server.url())
    sign_in(page, ANALYST)
    for name in PAGES:
        query = f"?customer={customer}" if name in ("customer", "lines") else ""
        go(page, site.server, name + query)
        page.wait_for_timeout(1000)  # charts are drawn after the script has ended
        assert page.locator('[data-testid="stException"]').count() == 0, name
        assert page.get_by_text("This could not be read").count() == 0, name
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wide, f"{name} scrolls sideways"
        nameless = page.locator('[data-testid="stMain"] button').evaluate_all(
            "all => all.filter(b => !(b.textContent.trim() || b.ariaLabel || b.title"
            " || b.getAttribute('aria-labelledby'))).length"
        )
        assert nameless == 0, f"{name} has buttons without a name"
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height + 40, 8000)})
        page.wait_for_timeout(500)
        page.screenshot(path=site.screenshots / f"{name or 'my_customers'}-{width}.png")
        page.set_viewport_size({"width": width, "height": 900})
    assert failures == []


def test_a_manager_sees_the_team_and_who_manages_everybody_all(
    site: Site, browser: Browser
) -> None:
    (june,) = site.warehouse.query(
        "select sum(net_amount) as amount from opportunity_core.fct_invoice"
        " where line_count > 0 and invoice_month = date '2026-06-01'"
    )
    for email, whose, is_of_all in (
        (TOMAS, "Tomas Fairlie: your team's customers", False),
        (ORLA, "Orla Whitcombe: all customers", True),
    ):
        page = new_page(browser)
        page.goto(site.server.url("lines?from=2026-06-01"))
        sign_in(page, email)
        expect(page.get_by_text(whose)).to_be_attached()
        assert (f"{june['amount']:,.2f}" in text_of(page)) == is_of_all
        page.close()


def test_the_keyboard_reaches_another_page(site: Site, browser: Browser) -> None:
    """From the top of a page by Tab and Enter alone."""
    page = new_page(browser)
    page.goto(site.server.url("overview"))
    sign_in(page, INES)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").endswith("Customers"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")


def test_another_customer_is_chosen_in_the_box_and_it_can_be_cleared(
    site: Site, browser: Browser
) -> None:
    (first, name), (second, other) = list(customers_of(site.warehouse, "R05").items())[:2]
    page = new_page(browser)
    heading = page.get_by_role("heading", level=1)
    page.goto(site.server.url(f"customer?customer={first}"))
    sign_in(page, INES)
    page.get_by_role("button", name="Another customer").click()
    box = page.get_by_role("combobox")
    expect(box).to_have_value(f"{name} · {first}")
    page.get_by_label("Find a customer").fill(second)
    expect(page.get_by_text("Customer (1 by name)")).to_be_visible()
    box.click()
    page.get_by_role("option", name=second).click()
    expect(heading).to_have_text(other)
    assert f"customer={second}" in page.url
    page.get_by_test_id("stSelectbox").get_by_role("button", name="Clear value").click()
    expect(page.get_by_text("No customer is chosen")).to_be_visible()
    assert "customer=" not in page.url
