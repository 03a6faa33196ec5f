"""Runs a command by itself and tells its seconds and its peak memory."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS, LONGEST_WAIT = 0.2, 2.0
"""Between two looks at the memory."""
SAMPLE_SHARE = 0.05
"""Of the time, that sampling may take before it waits longer: it walks every process's pages."""

KILL_SECONDS = 10
"""Longest wait for killed processes to be gone."""

DONE, STOPPED, OUT_OF_MEMORY, FAILED = "done", "stopped", "out of memory", "failed"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    status: str
    """DONE, STOPPED at the time limit, OUT_OF_MEMORY, or FAILED."""
    seconds: float
    peak_bytes: int
    """Of the command's processes and those watched with it, pages that they share counted once."""


def tree_bytes(roots: Iterable[int]) -> int:
    """Memory of processes and all their children now: the proportional share of each where known.

    Pages that several processes share, such as PostgreSQL's buffers, are divided among them, so
    that the sum counts them once. A system without that figure gives resident sizes instead.
    """
    total = 0
    for process in processes(roots):
        try:
            full = process.memory_full_info()
            total += getattr(full, "pss", 0) or full.rss
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            total += _resident(process)
    return total


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def processes(roots: Iterable[int]) -> list[psutil.Process]:
    """Processes and all their children that still run."""
    found: dict[int, psutil.Process] = {}
    for root in roots:
        try:
            process = psutil.Process(root)
            for each in (process, *process.children(recursive=True)):
                found[each.pid] = each
        except psutil.NoSuchProcess:
            continue
    return list(found.values())


class Sampler(threading.Thread):
    """Keeps the peak of the memory of process trees until it is told to stop."""

    def __init__(self, roots: Sequence[int], limit_bytes: int) -> None:
        super().__init__(daemon=True)
        self._roots, self._limit = roots, limit_bytes
        self._ended = threading.Event()
        self.peak_bytes = 0
        self.is_over = threading.Event()

    def run(self) -> None:
        """Sample until the end."""
        wait = 0.0
        while not self._ended.wait(wait):
            started = time.perf_counter()
            self.peak_bytes = max(self.peak_bytes, tree_bytes(self._roots))
            if self.peak_bytes > self._limit:
                self.is_over.set()
            wait = (time.perf_counter() - started) / SAMPLE_SHARE
            wait = min(max(wait, SAMPLE_SECONDS), LONGEST_WAIT)

    def end(self) -> None:
        """Stop sampling."""
        self._ended.set()
        self.join()


def run(
    command: Sequence[str],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    watched: Sequence[int] = (),
    limit_seconds: float | None = None,
    memory_share: float = 0.85,
) -> Outcome:
    """Run a command in the project's folder, its output in a log, and measure it.

    ``watched`` are process ids of servers that work for it. The command is stopped after
    ``limit_seconds``, or when more than ``memory_share`` of the machine's memory is in use by it,
    before the system would choose a process to end.
    """
    limit_bytes = int(psutil.virtual_memory().total * memory_share)
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        sampler = Sampler([process.pid, *watched], limit_bytes)
        sampler.start()
        status = None
        try:
            while process.poll() is None:
                if limit_seconds and time.perf_counter() - started > limit_seconds:
                    status = STOPPED
                elif sampler.is_over.is_set():
                    status = OUT_OF_MEMORY
                if status:
                    break
                try:
                    process.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
            seconds = time.perf_counter() - started
        finally:
            _end(process)
            sampler.end()
    return Outcome(status or _status(process.returncode, log), seconds, sampler.peak_bytes)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command, if it still runs, with all it started, and wait until that is gone.

    A killed process lives on until the system has taken its memory back, which the next
    measurement would feel.
    """
    if process.poll() is None:
        started = processes([process.pid])
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        psutil.wait_procs(started, timeout=KILL_SECONDS)


def _status(code: int, log: Path) -> str:
    if code == 0:
        return DONE
    told = log.read_bytes()[-20_000:]
    marks = (b"MemoryError", b"ArrowMemoryError", b"OutOfMemory", b"Out of Memory")
    if code == -signal.SIGKILL or any(mark in told for mark in marks):
        return OUT_OF_MEMORY
    return FAILED
