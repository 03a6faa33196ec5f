"""Who follows a link and signs in comes back to it, and to no other host."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard.server import COOKIE, KeepAddress, address_within, safe_address

HOST = "http://page.example"


@pytest.fixture
def client() -> TestClient:
    """A server that signs people in as Streamlit does."""

    def login(_request: Request) -> Response:
        return RedirectResponse("http://provider.example/authorize", 302)

    def callback(_request: Request) -> Response:
        return RedirectResponse("/", 302)

    app = Starlette(
        routes=[Route("/auth/login", login), Route("/oauth2callback", callback)],
        middleware=[Middleware(KeepAddress)],
    )
    return TestClient(app, base_url=HOST, follow_redirects=False)


def test_the_address_is_kept_over_sign_in(client: TestClient) -> None:
    asked = f"{HOST}/customer?customer=C%2001&period=90D"
    begun = client.get("/auth/login", headers={"referer": asked})
    assert begun.headers["location"] == "http://provider.example/authorize"
    assert "HttpOnly" in begun.headers["set-cookie"]
    back = client.get("/oauth2callback?code=1")
    assert back.headers["location"] == "/customer?customer=C%2001&period=90D"
    assert COOKIE not in client.cookies
    assert client.get("/oauth2callback?code=2").headers["location"] == "/"


def test_another_host_is_never_led_to(client: TestClient) -> None:
    client.get("/auth/login", headers={"referer": "http://evil.example/customer"})
    assert client.get("/oauth2callback").headers["location"] == "/"
    for planted in ("%2F%2Fevil.example", "http%3A%2F%2Fevil.example", "%2F%5Cevil.example"):
        client.cookies.set(COOKIE, planted)
        assert client.get("/oauth2callback").headers["location"] == "/", planted


def test_addresses_within_the_page() -> None:
    assert address_within(f"{HOST}/overview?by=Region", "page.example") == "/overview?by=Region"
    assert address_within(f"{HOST}/overview", "other.example") is None
    assert address_within("", "page.example") is None
    assert safe_address("/a\r\nset-cookie: b=c") is None
    assert safe_address("overview") is None
