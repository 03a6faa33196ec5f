"""What `make bench-scores` is asked, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import PROJECT
from bench.results import RESULTS
from bench.settings import SettingError

DATA_FOLDER, DATA_FILE = "REAL_DATA_DIR", "online_retail_ii.parquet"


@dataclass(frozen=True)
class ScoreSettings:
    """What was asked for."""

    file: Path
    """An Online Retail II file."""
    dates: int
    """As-of dates: the latest month starts whose outcome is known."""
    reuses_splits: bool
    """Whether to judge the splits that an earlier run left, without building anew."""
    peer_seconds: float
    """Time limit of each peer on each date."""
    folder: Path
    results: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ScoreSettings:
        """Read the settings; raises SettingError for one that cannot be used."""
        if environment.get("FILE"):
            file = Path(environment["FILE"])
        elif environment.get(DATA_FOLDER):
            file = Path(environment[DATA_FOLDER]) / DATA_FILE
        else:
            raise SettingError(f"FILE or {DATA_FOLDER} must name an Online Retail II file")
        if not file.is_file():
            raise SettingError(f"{file} is no file: FILE must name an Online Retail II file")
        reuse = environment.get("REUSE") or "no"
        if reuse not in ("yes", "no"):
            raise SettingError(f"REUSE may be yes or no, got {reuse}")
        folder = Path(environment.get("BENCH_DIR") or PROJECT / "target" / "bench")
        return cls(
            file=file.resolve(),
            dates=int(above_0(environment, "DATES", "10")),
            reuses_splits=reuse == "yes",
            peer_seconds=above_0(environment, "PEER_SECONDS", "900"),
            folder=folder.resolve() / "scores",
            results=Path(environment.get("BENCH_RESULTS") or RESULTS).resolve(),
        )


def above_0(environment: Mapping[str, str], name: str, default: str) -> float:
    """A setting that is a number above 0."""
    given = environment.get(name) or default
    try:
        value = float(given)
    except ValueError:
        value = 0.0
    if value <= 0:
        raise SettingError(f"{name} must be a number above 0, got {given}")
    return value
