"""Opens the page on the demo company, in this process and without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import patch

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.warehouse.harness import PROJECT, SCHEMA_OF_TESTS, Warehouse

APP = PROJECT / "dashboard" / "app.py"

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def published(demo: Warehouse) -> Iterator[Warehouse]:
    """The demo company where the page looks for it."""
    with published_at(demo.path):
        yield demo


def environment_of(path: Path) -> dict[str, str]:
    """The variables that point the page at a DuckDB file."""
    return {"DBT_TARGET": "duckdb", "DUCKDB_PATH": str(path), "DBT_SCHEMA": SCHEMA_OF_TESTS}


def published_at(path: Path) -> AbstractContextManager[object]:
    """Point the page at a DuckDB file; caches of another file are dropped."""
    st.cache_resource.clear()
    return patch.dict("os.environ", environment_of(path))


@pytest.fixture
def open_page(published: Warehouse) -> Open:
    """Opens a page by its name, with an address: `open_page("customer", customer="C00001")`."""

    def opened(name: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page(f"views/{name}.py")
        for key, value in address.items():
            app.query_params[key] = value
        app.run()
        assert not app.exception, [exception.value for exception in app.exception]
        return app

    return opened


def figures(app: AppTest) -> dict[str, str]:
    """The cards of a page: label and value as shown."""
    return {metric.label: metric.value for metric in app.metric}
