"""What `make bench` is asked, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import PROJECT
from bench.results import RESULTS

ENGINES = ("duckdb", "postgres", "spark")
DEFAULT_ENGINES = ("duckdb", "postgres")
PEERS = ("pandas", "loops", "scipy", "mlxtend", "fpgrowth")
DEFAULT_SUPPORT = 0.01


class SettingError(Exception):
    """A setting that cannot be used; the message says which and what it may be."""


@dataclass(frozen=True)
class Settings:
    """What was asked for."""

    engines: tuple[str, ...]
    lines: tuple[int, ...]
    file: Path | None
    peers: tuple[str, ...]
    supports: tuple[float, ...]
    peer_seconds: float
    build_seconds: float
    has_refresh: bool
    folder: Path
    results: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings; raises SettingError for one that cannot be used."""

        def words(name: str, default: str) -> list[str]:
            return (environment.get(name) or default).split()

        def numbers(name: str, default: str) -> list[float]:
            try:
                values = [float(word) for word in words(name, default)]
            except ValueError as error:
                raise SettingError(f"{name} must be numbers, got {words(name, default)}") from error
            if any(value <= 0 for value in values):
                raise SettingError(f"{name} must be above 0, got {words(name, default)}")
            return values

        def chosen(name: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
            given = words(name, " ".join(default))
            if given == ["none"]:
                return ()
            if unknown := [word for word in given if word not in known]:
                raise SettingError(f"{name} may name {', '.join(known)}; got {', '.join(unknown)}")
            return tuple(word for word in known if word in given)

        file = environment.get("FILE")
        if file and not Path(file).is_file():
            raise SettingError(f"FILE names {file}, which is no file")
        sizes = [] if words("LINES", "") == ["none"] else numbers("LINES", "1000000")
        if words("REFRESH", "yes") not in (["yes"], ["none"]):
            raise SettingError(f"REFRESH may be none, got {environment['REFRESH']}")
        settings = cls(
            engines=chosen("ENGINES", ENGINES, DEFAULT_ENGINES),
            lines=tuple(int(size) for size in sizes),
            file=Path(file).resolve() if file else None,
            peers=chosen("PEERS", PEERS, PEERS),
            supports=tuple(
                value for value in numbers("SUPPORTS", "0.001") if value != DEFAULT_SUPPORT
            ),
            peer_seconds=numbers("PEER_SECONDS", "900")[0],
            build_seconds=numbers("BUILD_SECONDS", "7200")[0],
            has_refresh=words("REFRESH", "yes") == ["yes"],
            folder=Path(environment.get("BENCH_DIR") or PROJECT / "target" / "bench").resolve(),
            results=Path(environment.get("BENCH_RESULTS") or RESULTS).resolve(),
        )
        if not settings.engines:
            raise SettingError("ENGINES must name one at least: the peers read what it built")
        return settings
