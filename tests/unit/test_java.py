"""Spark finds a Java on a machine that has none."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.java import java_environment

# What Spark 4.3 starts Java with.
MODULES = ["--add-modules=jdk.incubator.vector", "--add-opens=java.base/java.nio=ALL-UNNAMED"]


@pytest.fixture
def without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)


@pytest.mark.usefixtures("without_java")
def test_a_java_that_spark_can_start_comes_with_the_project() -> None:
    java = Path(java_environment()["JAVA_HOME"]) / "bin" / "java"
    started = subprocess.run(
        [str(java), *MODULES, "-version"], capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    assert "openjdk version" in started.stderr


def test_a_java_of_the_machine_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/opt/java")
    assert java_environment() == {}
