"""Text into numbers, dates and times: only plain decimals and ISO dates are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal

MONEY_PLACES = Decimal("0.0001")
DIGITS = frozenset("0123456789")
BLANKS = " \t\n\r\u00a0"
EXACT = Context(prec=100)
MOST_DIGITS = 11
"""Digits before the point that a number may have, so that sums of them fit their type."""


def trimmed(text: str | None) -> str | None:
    """Text without blanks around it; None when nothing is left."""
    return None if text is None else (text.strip(BLANKS) or None)


def is_digits(text: str, least: int, most: int) -> bool:
    """Whether text is that many ASCII digits and nothing else."""
    return least <= len(text) <= most and set(text) <= DIGITS


def number(text: str | None) -> Decimal | None:
    """A plain decimal, exactly as written; None for anything else."""
    word = trimmed(text) or ""
    unsigned = word[1:] if word[:1] in ("+", "-") else word
    whole, point, fraction = unsigned.partition(".")
    if fraction and not is_digits(fraction, 1, 10**6):
        return None
    if not (is_digits(whole, 1, MOST_DIGITS) or (not whole and point and fraction)):
        return None
    return Decimal(word.rstrip(".") if point and not fraction else word)


def money(value: Decimal | None) -> Decimal | None:
    """Four decimals, halves away from zero."""
    return None if value is None else value.quantize(MONEY_PLACES, ROUND_HALF_UP, EXACT)


@dataclass(frozen=True)
class Moment:
    """A day, and the time of it where that is known."""

    day: date
    at: datetime | None


def time_of_day(text: str | None) -> time | None:
    """HH:MM or HH:MM:SS, fractions of a second dropped; None for anything else."""
    word = trimmed(text) or ""
    whole, point, fraction = word.partition(".")
    parts = whole.split(":")
    if len(parts) not in (2, 3) or not all(is_digits(part, 2, 2) for part in parts):
        return None
    if point and (len(parts) != 3 or not is_digits(fraction, 1, 10**6)):
        return None
    try:
        return time.fromisoformat(whole)
    except ValueError:
        return None


def moment(text: str | None) -> Moment | None:
    """YYYY-MM-DD, optionally with a time after a blank or T, read as written."""
    word = trimmed(text) or ""
    day_text, rest = word[:10], word[10:]
    parts = day_text.split("-")
    if len(parts) != 3 or not all(
        is_digits(part, length, length) for part, length in zip(parts, (4, 2, 2), strict=True)
    ):
        return None
    if parts[0] < "1000":
        return None
    try:
        day = date(*map(int, parts))
    except ValueError:
        return None
    if not rest:
        return Moment(day, None)
    if rest[0] not in " T":
        return None
    clock = time_of_day(without_zone(rest[1:]))
    return None if clock is None else Moment(day, datetime.combine(day, clock))


def without_zone(text: str) -> str:
    """A time without the zone that may follow its seconds; business time is as written."""
    if text.count(":") < 2:
        return text
    if text.endswith("Z"):
        return text[:-1]
    for sign in "+-":
        clock, found, zone = text.partition(sign)
        if found:
            digits = zone.replace(":", "", 1) if zone[2:3] == ":" else zone
            return clock if is_digits(digits, 2, 2) or is_digits(digits, 4, 4) else text
    return text


def code(text: str | None) -> str | None:
    """A code without the `.0` that a spreadsheet adds to numbers."""
    word = trimmed(text)
    if word is not None:
        whole, point, fraction = word.partition(".")
        if point and is_digits(whole, 1, 10**6) and fraction and set(fraction) == {"0"}:
            return whole
    return word
