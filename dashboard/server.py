"""The server of the page: `streamlit run dashboard/server.py`.

It adds one thing to Streamlit's own: who follows a link and must sign in first comes back to the
page of that link, not to the first page.
"""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pandas  # noqa: F401  Streamlit imports it with the first table
import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import layout, warehouse  # noqa: F401  with all that the views import

COOKIE = "opportunity_page"
MINUTES_TO_SIGN_IN = 10


def address_within(referer: str, host: str) -> str | None:
    """Return the path and query of a page of this host; None for any other address."""
    parts = urlsplit(referer)
    if parts.netloc != host:
        return None
    return safe_address(parts.path + (f"?{parts.query}" if parts.query else ""))


def safe_address(address: str) -> str | None:
    """Return an address that cannot lead to another host, or None."""
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    is_clean = address.isascii() and address.isprintable() and "\\" not in address
    return address if is_path and is_clean else None


class KeepAddress:
    """Remembers the page on which somebody begins to sign in, and leads back to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.endswith(("/auth/login", "/oauth2callback")):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        begins = path.endswith("/auth/login")
        address = (
            address_within(request.headers.get("referer", ""), request.headers.get("host", ""))
            if begins
            else safe_address(unquote(request.cookies.get(COOKIE, "")))
        )

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start" and address:
                headers = MutableHeaders(scope=message)
                rest = "Path=/; HttpOnly; SameSite=Lax"
                if begins:
                    value, age = quote(address, safe=""), 60 * MINUTES_TO_SIGN_IN
                else:
                    value, age = "", 0
                    if message["status"] in (302, 303, 307):
                        headers["location"] = address
                headers.append("set-cookie", f"{COOKIE}={value}; Max-Age={age}; {rest}")
            await send(message)

        await self._app(scope, receive, send_on)


@asynccontextmanager
async def start(_app: Any) -> AsyncIterator[None]:
    """Do what a server does once."""
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("dashboard").setLevel(logging.INFO)
    # Streamlit collects garbage after every run. What is imported by now, all that the views use,
    # is none, and is spared the look: it took half of a run's time.
    gc.collect()
    gc.freeze()
    # Opens the pool, and says so in the log. Who opens the page is told what is wrong.
    with suppress(warehouse.QueryFailed):
        warehouse.published()
    yield


app = st.App("app.py", lifespan=start, middleware=[Middleware(KeepAddress)])
