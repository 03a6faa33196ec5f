"""The page's own process, as `make dashboard` starts it, with sign-in on."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.measure import PROJECT, processes

SECONDS_TO_START, SECONDS_TO_END = 120, 30


class ServerFailed(Exception):
    """The page did not start; the text says what it said."""


@dataclass
class Server:
    """A running page."""

    address: str
    cookie_secret: str
    log: Path
    pid: int

    def log_size(self) -> int:
        """Bytes of the log now."""
        return self.log.stat().st_size

    def logged(self, since: int) -> list[str]:
        """Lines that were logged since the log had a size."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace").splitlines()

    def cpu_seconds(self) -> float:
        """Seconds of CPU that the page's processes have used."""
        total = 0.0
        for each in processes([self.pid]):
            try:
                total += sum(each.cpu_times()[:2])
            except psutil.Error:
                continue
        return total

    def memory_bytes(self) -> int:
        """Resident memory of the page's processes."""
        total = 0
        for each in processes([self.pid]):
            try:
                total += each.memory_info().rss
            except psutil.Error:
                continue
        return total


@contextmanager
def serving(
    folder: Path, environment: Mapping[str, str], analysts: Sequence[str]
) -> Iterator[Server]:
    """Start the page on a port of its own, and end it with the block. Raises ServerFailed."""
    port, cookie_secret = _free_port(), secrets.token_hex(32)
    address = f"http://localhost:{port}"
    secrets_file = folder / "secrets.toml"
    names = ", ".join(f'"{analyst}"' for analyst in analysts)
    # Nobody signs in through the provider, so none listens there.
    secrets_file.write_text(
        f"""
        [auth]
        redirect_uri = "{address}/oauth2callback"
        cookie_secret = "{cookie_secret}"
        client_id = "page"
        client_secret = "none"
        server_metadata_url = "http://localhost:9/.well-known/openid-configuration"

        [access]
        analysts = [{names}]
        """
    )
    log = folder / "page.log"
    command = [
        sys.executable, "-m", "streamlit", "run", "dashboard/server.py",
        "--server.port", str(port), "--server.address", "localhost",
        "--secrets.files", str(secrets_file),
    ]  # fmt: skip
    given = {**os.environ, **environment, "DASHBOARD_SIGN_IN": "on", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=given, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait(address, process, log)
        yield Server(address, cookie_secret, log, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/_stcore/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    told = " ".join(log.read_text(errors="replace").strip().splitlines()[-5:])
    raise ServerFailed(f"the page did not start within {SECONDS_TO_START} s: {told}")
