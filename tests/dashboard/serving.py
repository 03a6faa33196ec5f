"""The page as people meet it: a server process, an identity provider, a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.warehouse.harness import PROJECT

ANALYST = "ada.analyst@kettle-and-crumb.example"
INES, PAVEL, TOMAS, NUALA, ORLA = (
    f"{name}@kettle-and-crumb.example"
    for name in (
        "ines.corrado", "pavel.stroud", "tomas.fairlie", "nuala.prendry", "orla.whitcombe",
    )
)  # fmt: skip
"""R05 and R06, reps beside each other; R02, who manages both; R03, elsewhere; R01, over all."""
STRANGER = "stranger@elsewhere.example"
VERIFIED = (ANALYST, INES, PAVEL, TOMAS, NUALA, ORLA, STRANGER)
PHONE, DESKTOP = 390, 1280
SECONDS_TO_START = 60
MILLISECONDS_TO_SETTLE = 30_000


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Server:
    """A running page."""

    address: str
    log: Path

    def url(self, page: str = "") -> str:
        """The address of a page, with its query."""
        return f"{self.address}/{page}"


@contextmanager
def identity_provider() -> Iterator[str]:
    """The address of an OpenID Connect provider that has verified the addresses it knows."""
    known = [
        oidc_provider_mock.User(sub=email, claims={"email": email, "email_verified": True})
        for email in VERIFIED
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=known) as provider:
        yield f"http://localhost:{provider.server_port}"


@contextmanager
def serving(
    folder: Path, environment: Mapping[str, str], provider: str | None = None
) -> Iterator[Server]:
    """Start the page over a warehouse that variables name; people sign in at the provider."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f"""
        [auth]
        redirect_uri = "http://localhost:{port}/oauth2callback"
        cookie_secret = "{"0" * 32}"
        client_id = "page"
        client_secret = "secret"
        server_metadata_url = "{provider}/.well-known/openid-configuration"

        [access]
        analysts = ["{ANALYST}"]
        """
        if provider
        else ""
    )
    log = folder / "page.log"
    command = [
        sys.executable, "-m", "streamlit", "run", "dashboard/server.py",
        "--server.port", str(port), "--secrets.files", str(secrets),
    ]  # fmt: skip
    given = {**os.environ, **environment, "DASHBOARD_SIGN_IN": "on" if provider else "off"}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=given, stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(f"http://localhost:{port}", log)
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(server.url("_stcore/health"), timeout=1).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"the page did not start: {server.log.read_text()}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser: the machine's Chromium, or the one that Playwright has installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail(
                "no Chromium: install Debian's chromium, or run `playwright install chromium`"
            )
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def new_page(browser: Browser, width: int = DESKTOP, scheme: str = "light") -> Page:
    """A window of its own, with no cookies."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        is_mobile=width == PHONE,
        has_touch=width == PHONE,
        accept_downloads=True,
    )
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS_TO_SETTLE)
    return page


def settle(page: Page) -> None:
    """Wait until the page has run to its end, and the browser has fetched what draws it."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-testid="stMain"] h1')
    page.wait_for_function("!document.querySelector('[data-stale=true], [data-testid=stSkeleton]')")


@contextmanager
def running_again(page: Page) -> Iterator[None]:
    """A block that makes the page run once more; it ends when that run has."""
    page.evaluate(
        """() => {
            window.hasRunAgain = false;
            const app = document.querySelector('[data-testid="stApp"]');
            new MutationObserver(() => {
                window.hasRunAgain ||= app.dataset.testScriptState === 'notRunning';
            }).observe(app, {attributeFilter: ['data-test-script-state']});
        }"""
    )
    yield
    page.wait_for_function("window.hasRunAgain")
    settle(page)


def go(page: Page, server: Server, address: str) -> None:
    """Open an address and wait until it is there."""
    page.goto(server.url(address))
    settle(page)


def sign_in(page: Page, email: str) -> None:
    """Sign in at the provider as somebody."""
    page.get_by_role("button", name="Sign in").click()
    page.locator('input[name="sub"]').fill(email)
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_attached(
        timeout=MILLISECONDS_TO_SETTLE
    )
    settle(page)
