"""Publishing on DuckDB: every build is a file of its own, and a symbolic link says which is read.

`opportunity.duckdb` is a link to `.opportunity.builds/<build>/opportunity.duckdb`. The next build
starts as a copy of the published one, in `.opportunity.builds/next`, and its folder is renamed and
the link replaced when it is whole. A reader that has the old file open keeps it. The file's own
name never changes: it is the name of the database, and the views in it were made under that name.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.connections import open_duckdb_file
from ingest.errors import InputError, one_line
from publish.dbt import Node
from publish.locking import locked
from publish.signals import too_late_to_stop

_NEXT, _LOCK, _LINK = "next", "lock", "link"


class NextFile:
    """The next build's DuckDB file: `path`, which nobody reads until `publish`."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._builds = builds_folder(link)
        self.path = self._builds / _NEXT / link.name

    def start(self) -> None:
        """Copy what is published, or start from nothing; clear what a killed build left."""
        with self._told():
            self.discard()
            (self._builds / _LINK).unlink(missing_ok=True)
            self.path.parent.mkdir()
            if self._link.exists():
                _copy(self._link.resolve(), self.path)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point dbt there."""
        return {"DUCKDB_PATH": str(self.path)}

    def publish(self, _tables: Sequence[Node] = ()) -> None:
        """Make the next file, with all that is in it, the one that is read, in one step.

        The file that was read before stays for those who are just about to open it; the one
        before that goes.
        """
        _settle(self.path)
        build = self._builds / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        replaced = self._link.resolve()
        new_link = self._builds / _LINK
        with too_late_to_stop(), self._told():
            self.path.parent.rename(build)
            new_link.symlink_to(build.relative_to(self._link.parent) / self._link.name)
            new_link.replace(self._link)
            # Of an ordinary file that the link has replaced; the copy holds what was in it.
            for log in _logs(self._link):
                log.unlink()
        # It is published now: what cannot be deleted is left for the next build to clear.
        for folder in self._builds.iterdir():
            if folder.is_dir() and folder not in (build, replaced.parent):
                shutil.rmtree(folder, ignore_errors=True)

    def discard(self) -> None:
        """Delete the next file, unless it was published."""
        if self.path.parent.exists():
            shutil.rmtree(self.path.parent)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{error.filename2 or error.filename or self._link} cannot be written: "
                f"{error.strerror}; see to the space and the permissions of {self._link.parent}. "
                "Nothing was published, and what was there stays."
            ) from error


@contextmanager
def next_file(path: Path) -> Iterator[NextFile]:
    """Hold the lock on a DuckDB file's builds and start the next one; discard it if unpublished.

    Raises InputError when another process builds or writes, and when the disk or the permissions
    do not allow it.
    """
    if ":" in path.name:
        raise InputError(
            f"DUCKDB_PATH is {path.name}, which is no file that could be published; name a file, "
            "or run plain dbt build."
        )
    link = _link_of(path)
    with locked(builds_folder(link) / _LOCK, str(link)):
        file = NextFile(link)
        try:
            file.start()
            yield file
        finally:
            file.discard()


def builds_folder(link: Path) -> Path:
    """Return the folder of a published file's builds."""
    return link.with_name(f".{link.stem}.builds")


def _link_of(path: Path) -> Path:
    """Return the link that says what is read: the path itself, or where a link of others leads."""
    while path.is_symlink():
        meant = path.parent / path.readlink()
        if meant.parent.parent == builds_folder(path):
            break
        path = meant
    return path


def _copy(source: Path, copy: Path) -> None:
    """Copy a DuckDB file of which the last writer may have been killed.

    While this process has it open to read, nobody can write to it. Closing a second descriptor of
    the file gives that up, so the file itself is copied last.
    """
    with open_duckdb_file(source, read_only=True):
        for log in _logs(source):
            shutil.copy(log, copy.with_name(log.name))
        shutil.copy(source, copy)
    _settle(copy)


def _settle(path: Path) -> None:
    """Bring what a write-ahead log still holds into the file."""
    try:
        with open_duckdb_file(path) as connection:
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise InputError(
            f"{path} cannot be finished: {one_line(error)}; see to the space of {path.parent}, and "
            "build again. Nothing was published."
        ) from error
    left = _logs(path)
    if left:
        raise InputError(f"{path} was not closed cleanly: DuckDB left {left[0]}; build again.")


def _logs(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.wal*"))
