"""How a build is stopped by a person, a terminal or a scheduler, and when it is too late for it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the build to stop; no `except Exception` takes it for a fault."""


def stop_on_signals() -> None:
    """Raise Stopped, once, at the first signal to stop; what follows is only clearing up."""
    for number in _STOPPING:
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


@contextmanager
def too_late_to_stop() -> Iterator[None]:
    """Ignore signals to stop: a build that is being published is published to the end."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
