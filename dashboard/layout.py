"""What pages are laid out with: filters, numbers, tables with their export, states of a section."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Literal

import pyarrow as pa
import streamlit as st

from dashboard import access, charts, export, queries, warehouse

Kind = Literal["text", "money", "count", "number", "small", "percent", "date", "time", "yes_no"]

_FORMATS: Mapping[str, str] = {
    "money": "accounting", "count": "localized", "number": "%.2f", "small": "%.2g",
    "percent": "percent", "date": "DD MMM YYYY", "time": "DD MMM YYYY, HH:mm",
}  # fmt: skip

PERIODS = {"7D": 7, "30D": 30, "90D": 90}
NO_VALUE = "-"
CUSTOMER_PAGE = "views/customer.py"
LINES_PAGE = "views/lines.py"


@dataclass(frozen=True)
class Frame:
    """What all numbers of a page rest on."""

    viewer: access.Viewer
    as_of_date: date
    first_date: date
    currency: str

    def ask(self, sql: str, **values: warehouse.Value) -> pa.Table:
        """Return the rows that the viewer has of a query."""
        return warehouse.read(self.viewer.viewer_id, sql, **values)

    def ask_once(self, sql: str, **values: warehouse.Value) -> pa.Table:
        """Return the rows that the viewer has of a query too large to keep."""
        return warehouse.read_once(self.viewer.viewer_id, sql, **values)

    def rows(self, sql: str, **values: warehouse.Value) -> list[dict[str, Any]]:
        """Return the rows that the viewer has of a query, as dicts."""
        found: list[dict[str, Any]] = self.ask(sql, **values).to_pylist()
        return found

    def row(self, sql: str, **values: warehouse.Value) -> dict[str, Any]:
        """Return the first row of a query; empty where there is none."""
        rows = self.rows(sql, **values)
        return rows[0] if rows else {}


def frame() -> Frame:
    """Return the frame that the router has put up for this run of a page."""
    found: Frame = st.session_state["frame"]
    return found


@dataclass(frozen=True)
class Column:
    """A column as people see it: its heading with its unit, and how its values are written."""

    heading: str
    kind: Kind = "text"
    help: str | None = None


# --- Words and numbers ------------------------------------------------------------------------


def plain(text: object) -> str:
    """Return text that Markdown shows as it is, whatever somebody has named a customer."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+\-.!|~<>$:&])", r"\\\1", str(text))
    return " ".join(escaped.split())


def short(text: object, length: int = 60) -> str:
    """Return text cut to a length, with an ellipsis where something is missing."""
    words = str(text)
    return words if len(words) <= length else words[: length - 1] + "…"


def money(amount: float | None, currency: str = "") -> str:
    """Return an amount rounded for people: whole units from 100 up, else cents."""
    if amount is None:
        return NO_VALUE
    text = f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:,.2f}"
    return f"{text} {currency}".strip()


def count(number: float | None) -> str:
    """Return a whole number with thousands apart."""
    return NO_VALUE if number is None else f"{number:,.0f}"


def percent(ratio: float | None, digits: int = 0) -> str:
    """Return a ratio in percent."""
    return NO_VALUE if ratio is None else f"{100 * ratio:.{digits}f} %"


def day(value: date | None) -> str:
    """Return a date in words."""
    return NO_VALUE if value is None else f"{value.day} {value:%b %Y}"


# --- Filters, which the address holds ---------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included, and as many before them."""

    name: str
    start: date
    end: date

    @property
    def days(self) -> int:
        """The days in it."""
        return (self.end - self.start).days + 1

    @property
    def previous_start(self) -> date:
        """The first day of the period before, which has as many days."""
        return self.start - timedelta(days=self.days)

    @property
    def previous_end(self) -> date:
        """The last day of the period before."""
        return self.start - timedelta(days=1)

    @property
    def text(self) -> str:
        """Both ends in words."""
        return f"{day(self.start)} to {day(self.end)}"

    @property
    def previous_text(self) -> str:
        """Both ends of the period before in words."""
        return f"{day(self.previous_start)} to {day(self.previous_end)}"

    @classmethod
    def last(cls, days: int, end: date, name: str = "") -> "Period":
        """Return the days that end with a day."""
        return cls(name, end - timedelta(days=days - 1), end)

    @property
    def values(self) -> dict[str, date]:
        """The values of queries."""
        return {"start_date": self.start, "end_date": self.end}


def choose_period(default: str = "30D") -> Period:
    """Ask for a period that ends with the clock, or for any days up to it."""
    now = frame()
    names = [*PERIODS, "YTD", "All", "Custom"]
    name = st.segmented_control(
        "Period", names, default=default, key="period", bind="query-params", required=True,
        help=f"Up to {day(now.as_of_date)}, the last day that the data knows.",
    ) or default  # fmt: skip
    start, end = now.first_date, now.as_of_date
    if name in PERIODS:
        return Period.last(PERIODS[name], end, name)
    if name == "YTD":
        start = date(end.year, 1, 1)
    elif name == "Custom":
        # Streamlit keeps a widget's name from every link and way to another page, and the invoice
        # lines are linked to by `from` and `to`.
        first, last = st.columns(2)
        start = first.date_input(
            "From", max(now.first_date, end - timedelta(days=29)), min_value=now.first_date,
            max_value=now.as_of_date, key="start", bind="query-params",
        )  # fmt: skip
        end = last.date_input(
            "To", now.as_of_date, min_value=now.first_date, max_value=now.as_of_date,
            key="end", bind="query-params",
        )  # fmt: skip
        if start > end:
            st.warning("The period begins after it ends; the two days were swapped.")
            start, end = end, start
    return Period(name, start, end)


def choose(label: str, options: Mapping[str, str], key: str, everything: str = "All") -> str | None:
    """Ask for one of the options, by name; None is all of them. The address holds its id."""
    # bind="query-params" would put the name there, and links name ids.
    asked = st.query_params.get(key, "")
    st.session_state[key] = asked if asked in options else ""
    labels = {"": everything, **told_apart(options)}
    chosen = st.selectbox(
        label, list(labels), format_func=labels.__getitem__,
        key=key, filter_mode="contains", on_change=put_in_address, args=(key,),
    )  # fmt: skip
    return chosen or None


def told_apart(options: Mapping[str, str]) -> dict[str, str]:
    """Return names cut to a length; those that are equal bear their id, as a choice is by label."""
    names = {option: short(name) for option, name in options.items()}
    uses = Counter(names.values())
    return {
        option: name if uses[name] == 1 else f"{name} ({option})" for option, name in names.items()
    }


def put_in_address(key: str) -> None:
    """Put what was chosen in a box into the address, under the box's own key."""
    if chosen := st.session_state[key]:
        st.query_params[key] = chosen
    else:
        st.query_params.pop(key, None)


def values_of(attribute: str) -> dict[str, str]:
    """Return the values of an attribute that the viewer's customers have, for `choose`."""
    values = {row[attribute] for row in frame().rows(queries.CUSTOMER_ATTRIBUTES)} - {None}
    return {value: value for value in sorted(values)}


def choose_location() -> tuple[str | None, str]:
    """Ask for a location; return its id, None for all, and its name."""
    names = {row["location_id"]: row["location_name"] for row in frame().rows(queries.LOCATIONS)}
    if len(names) < 2:
        return None, "All locations"
    chosen = choose("Location", names, "location", "All locations")
    return chosen, names[chosen] if chosen else "All locations"


# --- Sections and their states ----------------------------------------------------------------


@contextmanager
def section(title: str, how_to_read: str = "") -> Iterator[None]:
    """A part of a page, of which nothing else stops when its query fails."""
    if title:
        st.subheader(title, anchor=False)
    if how_to_read:
        st.caption(how_to_read)
    try:
        yield
    except warehouse.QueryFailed as error:
        broken(str(error))


def broken(text: str) -> None:
    """Say that something broke, and what to do."""
    st.error(f"**This could not be read.** {plain(text)}", icon=":material/error:")


def empty(text: str) -> None:
    """Say that there is nothing here, which is an answer."""
    st.info(text, icon=":material/check_circle:")


def not_yet(text: str) -> None:
    """Say that a score is not there, and why."""
    st.warning(f"**Not computed yet.** {text}", icon=":material/hourglass_empty:")


# --- Tables -----------------------------------------------------------------------------------


def _config(column: Column) -> Any:
    config = st.column_config
    if column.kind in ("money", "count", "number", "small", "percent"):
        return config.NumberColumn(column.heading, format=_FORMATS[column.kind], help=column.help)
    if column.kind == "date":
        return config.DateColumn(column.heading, format=_FORMATS["date"], help=column.help)
    if column.kind == "time":
        return config.DatetimeColumn(column.heading, format=_FORMATS["time"], help=column.help)
    if column.kind == "yes_no":
        return config.CheckboxColumn(column.heading, help=column.help)
    return config.TextColumn(column.heading, help=column.help)


def show(
    table: pa.Table,
    columns: Mapping[str, Column],
    name: str,
    filters: Mapping[str, str] | None = None,
    *,
    opens: Callable[[dict[str, Any]], None] | None = None,
    height: int | Literal["auto"] = "auto",
) -> None:
    """Show the rows of a table, with its export below.

    `name` is the table's own on its page, and names the exported files. Where `opens` is given,
    a row can be chosen, and `opens` goes where it leads.
    """
    shown = table.select([column for column in columns if column in table.column_names])
    options: dict[str, Any] = {
        "hide_index": True, "height": height, "placeholder": NO_VALUE,
        "column_config": {key: _config(column) for key, column in columns.items()},
    }  # fmt: skip
    if opens is None:
        st.dataframe(shown, **options)
    else:
        # The key holds what is shown, so that a choice never falls on another table's row.
        key = f"{name}-{hash((table.num_rows, str(table.slice(0, 50).to_pylist())))}"
        event = st.dataframe(
            shown, key=key, on_select="rerun", selection_mode="single-row", **options
        )
        if event.selection.rows:
            opens(table.slice(event.selection.rows[0], 1).to_pylist()[0])
    _offer(shown, {key: columns[key].heading for key in shown.column_names}, name, filters or {})


def with_column(table: pa.Table, name: str, values: Sequence[str]) -> pa.Table:
    """Return a table with one more column of text."""
    return table.append_column(name, pa.array(values, pa.string()))


def chart(
    table: pa.Table,
    spec: Mapping[str, Any],
    description: str,
    columns: Mapping[str, Column],
    name: str,
    filters: Mapping[str, str] | None = None,
    *,
    opens: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Draw a table, and keep its rows and their export folded below.

    `description` is read out to the blind; the rest is as in `show`.
    """
    charts.draw(table, spec, description)
    with st.expander(f"{table.num_rows:,} rows and their export"):
        show(table, columns, name, filters, opens=opens)


def _written(name: str, filters: Mapping[str, str]) -> dict[str, str]:
    """Return what a file says of its rows."""
    now = frame()
    return {
        "Table": name,
        "Data up to": now.as_of_date.isoformat(),
        "Customers of": now.viewer.name,
        **filters,
    }


def _offer(
    table: pa.Table, headings: Mapping[str, str], name: str, filters: Mapping[str, str]
) -> None:
    """Offer a table's rows as files; they are made when somebody asks for one."""
    written = _written(name, filters)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{table.num_rows:,} rows", width="content")
        for label, ending, make in (
            ("CSV", "csv", export.to_csv), ("Excel", "xlsx", export.to_excel)
        ):  # fmt: skip
            st.download_button(
                label, partial(make, table, headings, written), file_name=f"{name}.{ending}",
                key=f"{name}-{ending}", on_click="ignore", type="tertiary",
                icon=":material/download:",
                help=f"The {table.num_rows:,} rows of {name}, with the filters, as {label}",
            )  # fmt: skip


def offer_query(
    sql: str,
    values: Mapping[str, warehouse.Value],
    name: str,
    filters: Mapping[str, str],
    columns: Mapping[str, Column],
) -> None:
    """Offer the rows of a query that no page shows as CSV; it is asked when somebody wants them."""
    now, written = frame(), _written(name, filters)
    headings = {key: column.heading for key, column in columns.items()}
    st.download_button(
        "CSV", lambda: export.to_csv(now.ask_once(sql, **values), headings, written),
        file_name=f"{name}.csv", key=name, on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def card(
    label: str, value: str, *, change: str | None = None, note: str | None = None, help: str = "",
    width: int = 200,
) -> None:  # fmt: skip
    """Show one number in a frame; cards stand beside one another in `cards()`."""
    st.metric(
        label, value, change, border=True, help=help or None, width=width,
        delta_description=note, delta_color="normal" if change else "off",
    )  # fmt: skip


def cards() -> Any:
    """Return a row for cards, which wraps on a narrow screen."""
    return st.container(horizontal=True)


# --- Ways to other pages ----------------------------------------------------------------------


def go_to(page: str, address: Mapping[str, str]) -> None:
    """Go to another page; the browser's Back leads to this one as it is now."""
    # On the way Streamlit gives this page the other's address, and Back leads to that.
    left = st.session_state.setdefault("left", {})
    left[st.session_state["page"], frozenset(address.items())] = st.query_params.to_dict()
    st.switch_page(page, query_params=dict(address))


def come_back_to(page: str) -> None:
    """Note which page is open; give it its own address if Back has led to what `go_to` left."""
    st.session_state["page"] = page
    place = page, frozenset(st.query_params.to_dict().items())
    own = st.session_state.get("left", {}).pop(place, None)
    if own is not None:
        st.query_params.from_dict(own)
        st.rerun()


def open_customer(row: Mapping[str, Any]) -> None:
    """Go to the customer of a row."""
    go_to(CUSTOMER_PAGE, {"customer": row["customer_id"]})


def lines_address(**filters: object) -> dict[str, str]:
    """Return the part of an address that opens the invoice lines which pass the filters."""
    return {
        name: value.isoformat() if isinstance(value, date) else str(value)
        for name, value in filters.items()
        if value is not None
    }


def open_lines(**filters: object) -> None:
    """Go to the invoice lines that pass the filters, which are those of that page."""
    go_to(LINES_PAGE, lines_address(**filters))


def link_to_lines(label: str, **filters: object) -> None:
    """Show a link to the invoice lines that make a number up; filters are those of that page."""
    st.page_link(
        LINES_PAGE, label=label, icon=":material/receipt_long:",
        query_params=lines_address(**filters),
    )  # fmt: skip


def names(rows: Sequence[Mapping[str, Any]], key: str, name: str) -> dict[str, str]:
    """Return names by id, for `choose`."""
    return {row[key]: row[name] for row in rows}
