"""A visitor of the page: speaks to Streamlit as a browser does, over its websocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import (
    USER_COOKIE_NAME,
    XSRF_COOKIE_NAME,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

LONGEST_SECONDS = 60.0
"""After which a page that has not come is given up."""
MOST_BYTES = 256 * 2**20
RUNS_KEPT = 2
"""For so many runs a browser keeps a large message, and is not sent it again."""


class PageFailed(Exception):
    """A page that did not come, or came with an error; the text says which."""


@dataclass(frozen=True)
class Answer:
    """A page that came."""

    received_bytes: int


def signed_in(email: str, address: str, cookie_secret: str) -> str:
    """Return the cookie of somebody whom the identity provider has let in."""
    user = {"email": email, "email_verified": True, "origin": address, "is_logged_in": True}
    return create_signed_value(cookie_secret, USER_COOKIE_NAME, json.dumps(user)).decode()


def xsrf_token(address: str) -> str:
    """Return the token that the server gives browsers."""
    response = httpx.get(f"{address}/_stcore/health")
    response.raise_for_status()
    return response.cookies[XSRF_COOKIE_NAME]


class Visitor:
    """Somebody with one window, who waits for a page before opening the next."""

    def __init__(self, address: str, email: str, cookie_secret: str, xsrf: str) -> None:
        self._address, self._xsrf = address, xsrf
        self._cookies = (
            f"{XSRF_COOKIE_NAME}={xsrf}; "
            f"{USER_COOKIE_NAME}={signed_in(email, address, cookie_secret)}"
        )
        self._connection: ClientConnection | None = None
        self._kept: dict[str, int] = {}
        self._runs = 0
        self._pages: dict[str, str] = {}
        """Hashes of pages by path, as the menu has told them."""
        self._page: str | None = None

    async def open(self, page: str, query: Mapping[str, str]) -> Answer:
        """Open a page and wait until it is there. Raises PageFailed.

        A lost connection is not mended: the next page is opened over a new one.
        """
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await self._open(page, query)
        except TimeoutError as error:
            await self.close()
            raise PageFailed(f"no answer within {LONGEST_SECONDS:g} s") from error
        except (WebSocketException, OSError, EOFError) as error:
            await self.close()
            raise PageFailed(f"lost connection: {type(error).__name__}") from error

    async def close(self) -> None:
        """Leave."""
        connection, self._connection = self._connection, None
        self._kept.clear()
        self._pages.clear()
        self._page = None
        if connection is not None:
            connection.transport.abort()

    async def _connected(self) -> ClientConnection:
        if self._connection is None:
            host = urlsplit(self._address).netloc
            self._connection = await connect(
                f"ws://{host}/_stcore/stream",
                origin=Origin(self._address),
                subprotocols=[Subprotocol("streamlit"), Subprotocol(self._xsrf)],
                additional_headers={"Cookie": self._cookies},
                max_size=MOST_BYTES,
                proxy=None,
            )
        return self._connection

    async def _open(self, page: str, query: Mapping[str, str]) -> Answer:
        connection = await self._connected()
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(query)
        # The address names the first page by its path; those that follow come from the menu. On the
        # page that is there already, another address is a step back or forward.
        if page in self._pages:
            asked.rerun_script.page_script_hash = self._pages[page]
            asked.rerun_script.is_history_navigation = page == self._page
        else:
            asked.rerun_script.page_name = page
        self._page = page
        asked.rerun_script.cached_message_hashes.extend(self._kept)
        await connection.send(asked.SerializeToString())
        self._runs += 1
        received, has_begun, problems = 0, False, list[str]()
        while True:
            data = await connection.recv(decode=False)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                # A run that ends early for another begins anew, and what it has shown is gone.
                has_begun, problems = True, []
            if not has_begun:
                continue
            received += len(data)
            if message.metadata.cacheable:
                self._kept[message.hash] = self._runs
            elif kind == "ref_hash":
                self._kept[message.ref_hash] = self._runs
            if kind == "navigation":
                self._pages = {
                    "" if each.is_default else each.url_pathname: each.page_script_hash
                    for each in message.navigation.app_pages
                }
            if problem := _problem(message, page):
                problems.append(problem)
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    break
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    problems.append("the script does not compile")
                    break
        oldest = self._runs - RUNS_KEPT
        self._kept = {key: run for key, run in self._kept.items() if run > oldest}
        if problems:
            raise PageFailed("; ".join(problems))
        return Answer(received)


def _problem(message: ForwardMsg, page: str) -> str | None:
    """Return what a message says is wrong."""
    kind = message.WhichOneof("type")
    if kind == "page_not_found":
        return f"there is no page {page!r}"
    if kind == "auth_redirect":
        return "sent away to sign in"
    if kind == "navigation":
        shown = message.navigation
        came = {each.page_script_hash: each for each in shown.app_pages}.get(shown.page_script_hash)
        if came is None or (not came.is_default if page == "" else came.url_pathname != page):
            return f"page {came.url_pathname if came else '?'!r} came in place of {page!r}"
    if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
        element = message.delta.new_element
        if element.WhichOneof("type") == "exception":
            return f"exception: {element.exception.type}: {element.exception.message}"[:300]
        if element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR:
            return f"alert: {element.alert.body}"[:300]
    return None
