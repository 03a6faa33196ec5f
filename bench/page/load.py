"""Measures the page: each page by itself, then many visitors at once."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from bench.page.figures import Done, Query, Sample, read_log
from bench.page.openings import OPENINGS, REP, ROLES, Action, Opening, Person
from bench.page.server import Server
from bench.page.visitor import LONGEST_SECONDS, PageFailed, Visitor, xsrf_token

CACHED_RUNS = 3
SECONDS_TO_SETTLE = 0.3
"""After a page has come, in which the server cleans up behind it; its CPU counts."""
SECONDS_BETWEEN_SAMPLES = 1.0


@dataclass(frozen=True)
class Alone:
    """A page that one person has opened while nobody else was there."""

    name: str
    role: str
    first_seconds: float
    """Until the script had finished, with nothing of this person cached."""
    cached_seconds: float
    """Again: median of a few."""
    first_cpu: float
    """Seconds of CPU of the page's process."""
    cached_cpu: float
    received_bytes: int
    """Of the first time."""
    queries: tuple[Query, ...]
    error: str | None = None


@dataclass(frozen=True)
class Crowd:
    """What many visitors at once have met."""

    sessions: int
    seconds: float
    done: tuple[Done, ...]
    samples: tuple[Sample, ...]
    queries: tuple[Query, ...]
    generator_cpu: float
    """Cores that the generator kept busy."""
    page_cpu: float
    machine_cpu: float
    """All that ran on the machine, the database among them."""
    cores: int
    longest_lag: float
    """Longest time by which the generator itself woke too late, in seconds."""


async def measure_alone(
    server: Server,
    people: Mapping[str, Sequence[Person]],
    known: Mapping[str, str],
    step: Callable[[str], None],
) -> list[Alone]:
    """Open each page as a person of each role; `step` hears of each."""
    xsrf = xsrf_token(server.address)
    # The process imports a page's modules when it is first opened, which is not the page's time.
    other = people[REP][-1]
    await _open_all(server, other, xsrf, step)
    measured = []
    for role in ROLES:
        person = people[role][0]
        visitor = Visitor(server.address, person.email, server.cookie_secret, xsrf)
        for opening in OPENINGS:
            step(f"{opening.name}, as {role}")
            measured.append(await _measure_one(server, visitor, person, opening, known))
        await visitor.close()
    return measured


async def _open_all(server: Server, person: Person, xsrf: str, step: Callable[[str], None]) -> None:
    visitor = Visitor(server.address, person.email, server.cookie_secret, xsrf)
    for opening in OPENINGS:
        step(f"warm up: {opening.name}")
        try:
            await visitor.open(opening.page, opening.address(person.customers[0]))
        except PageFailed:
            continue  # it is told when it is measured
    await visitor.close()


async def _measure_one(
    server: Server, visitor: Visitor, person: Person, opening: Opening, known: Mapping[str, str]
) -> Alone:
    logged, error, received = server.log_size(), None, 0
    seconds, cpu = [], []
    for number in range(1 + CACHED_RUNS):
        used, started = server.cpu_seconds(), time.perf_counter()
        try:
            answer = await visitor.open(opening.page, opening.address(person.customers[0]))
            received = received or answer.received_bytes
        except PageFailed as failure:
            error = str(failure)
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(SECONDS_TO_SETTLE)
        cpu.append(server.cpu_seconds() - used)
        if number == 0:
            queries = tuple(read_log(server.logged(logged), known))
    return Alone(
        opening.name, person.role, seconds[0], statistics.median(seconds[1:]), cpu[0],
        statistics.median(cpu[1:]), received, queries, error,
    )  # fmt: skip


async def measure_crowd(
    server: Server,
    visitors: Sequence[tuple[Person, Sequence[Action]]],
    seconds: float,
    known: Mapping[str, str],
    count_connections: Callable[[], int] | None,
    step: Callable[[Done], None],
) -> Crowd:
    """Let visitors do what they plan, all at once; `step` hears of each action that is over."""
    xsrf, logged = xsrf_token(server.address), server.log_size()
    own, generator = psutil.Process(), _Lag()
    started = time.perf_counter()
    done: list[Done] = []

    def finish(one: Done) -> None:
        done.append(one)
        step(one)

    sampling = asyncio.create_task(_sample(server, started, count_connections))
    waking = asyncio.create_task(generator.watch())
    used = sum(own.cpu_times()[:2]), server.cpu_seconds(), _busy_seconds()
    try:
        await asyncio.gather(
            *(
                _visit(
                    Visitor(server.address, person.email, server.cookie_secret, xsrf),
                    actions, started, seconds + LONGEST_SECONDS, finish,
                )
                for person, actions in visitors
            )
        )  # fmt: skip
        # Memory at the end is that of the whole time, though the last action be over before.
        await asyncio.sleep(max(started + seconds - time.perf_counter(), 0))
    finally:
        sampling.cancel()
        waking.cancel()
    lasted = time.perf_counter() - started
    now = sum(own.cpu_times()[:2]), server.cpu_seconds(), _busy_seconds()
    shares = [(after - before) / lasted for before, after in zip(used, now, strict=True)]
    samples = tuple((await asyncio.gather(sampling))[0])
    return Crowd(
        sessions=len(visitors),
        seconds=seconds,
        done=tuple(sorted(done, key=lambda one: one.due)),
        samples=samples,
        queries=tuple(read_log(server.logged(logged), known)),
        generator_cpu=shares[0],
        page_cpu=shares[1],
        machine_cpu=shares[2],
        cores=psutil.cpu_count() or 1,
        longest_lag=generator.longest,
    )


async def _visit(
    visitor: Visitor,
    actions: Sequence[Action],
    started: float,
    deadline: float,
    finish: Callable[[Done], None],
) -> None:
    """Do one action after the other, each when it is due or as soon after as can be."""

    def now() -> float:
        return time.perf_counter() - started

    for action in actions:
        await asyncio.sleep(max(action.due - now(), 0))
        begun = now()
        error, received = None, 0
        if begun > deadline:
            error = "not begun before the end"
        else:
            try:
                answer = await visitor.open(
                    action.opening.page, action.opening.address(action.customer)
                )
                received = answer.received_bytes
            except PageFailed as failure:
                error = str(failure)
        finish(Done(action.opening.name, action.due, begun, now(), error, received))
    # Whoever has nothing more to do keeps the window open, as people do.
    await asyncio.sleep(max(deadline - LONGEST_SECONDS - now(), 0))
    await visitor.close()


async def _sample(
    server: Server, started: float, count_connections: Callable[[], int] | None
) -> list[Sample]:
    samples: list[Sample] = []
    try:
        while True:
            connections = await asyncio.to_thread(count_connections) if count_connections else None
            samples.append(
                Sample(
                    time.perf_counter() - started, server.memory_bytes(), server.cpu_seconds(),
                    connections,
                )
            )  # fmt: skip
            await asyncio.sleep(SECONDS_BETWEEN_SAMPLES)
    except asyncio.CancelledError:
        return samples


class _Lag:
    """Tells whether the generator itself was late."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.1)
            self.longest = max(self.longest, time.perf_counter() - before - 0.1)


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    # A guest's time is in that of its user already.
    idle = ("idle", "iowait", "guest", "guest_nice")
    return float(sum(times) - sum(getattr(times, name, 0.0) for name in idle))
