"""A lock that one process holds and the kernel takes back when it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import InputError


@contextmanager
def locked(path: Path, what: str) -> Iterator[int]:
    """Hold the lock on a file, and yield its descriptor.

    A child that inherits the descriptor holds the lock as well: what a killed build leaves running
    keeps the next one out. `what` is what the lock guards, for the message. Raises InputError when
    another process holds it, or when the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened for writing: {error.strerror}; see to the folder's "
            "permissions and space, or choose another place."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 100).decode().strip() or "unknown"
            raise InputError(
                f"another build or load of {what} is running, process {holder}; nothing was done: "
                "wait for it to end and try again."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)
