# SPDX-License-Identifier: EUPL-1.2
"""Numbers, dates and ages as people write them, in the page's language."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import dates, numbers
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.city import languages

# Numbers of more digits than anybody reads are written with a power of ten.
_TOO_LONG, _MOST_DIGITS = 1e15, 15
_JUST_NOW = timedelta(seconds=10)
_KILO = 1000
# An end of a sentence, not of `Nr.` or `z. B.`; sentences fill this share of an excerpt's room at least.
_SENTENCE, _ENOUGH = re.compile(r"(?<=[\w)]{4})[.!?][“”\")]?(?=\s)"), 0.3
_GERMAN, _ENGLISH = str.maketrans(",.-", ".,−"), str.maketrans("-", "−")
_SIZES = ("Byte", "KB", "MB", "GB", "TB")


def language() -> str:
    """The page's language as Babel names it; English follows British habits."""
    return "en_GB" if (translation.get_language() or "de").startswith("en") else "de_DE"


def quoted(text: str) -> str:
    """`„Rad“`, and `“Rad”` in English."""
    return f"“{text}”" if language().startswith("en") else f"„{text}“"


def number(value: float | None, *, digits: int | None = None) -> str:
    """`1.234,5`, or `1,2E300`; without `digits`, as many as the size of the value deserves."""
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) >= _TOO_LONG:
        return numbers.format_scientific(value, format="0.###E0", locale=language()).replace("-", "−")
    if isinstance(value, int) and digits == 0:  # most numbers of a page; there is nothing to round
        return f"{value:,d}".translate(_ENGLISH if language() == "en_GB" else _GERMAN)
    digits = fitting_digits(value) if digits is None else min(max(digits, 0), _MOST_DIGITS)
    # By the shortest digits that mean this number, with the signs that Babel knows for the two languages.
    text = f"{Decimal(repr(float(round(value, digits)) + 0.0)):,.{digits}f}"
    return text.translate(_ENGLISH if language() == "en_GB" else _GERMAN)


def size(given: int | None) -> str:
    """Bytes as `1,5 MB`; nothing for a size that is not known."""
    if given is None:
        return ""
    value, unit = float(given), 0
    while value >= _KILO and unit < len(_SIZES) - 1:
        value, unit = value / _KILO, unit + 1
    told = number(value, digits=0 if unit == 0 or value >= 100 else 1)
    if unit == 0 and language().startswith("en"):
        return f"{told} {'byte' if given == 1 else 'bytes'}"
    return f"{told} {_SIZES[unit]}"


def percent(share: float, *, digits: int = 0) -> str:
    """`20 %`, and `20%` in English; `share` is a fraction."""
    gap = "\N{NO-BREAK SPACE}" if language().startswith("de") else ""
    return f"{number(share * 100, digits=digits)}{gap}%"


def fitting_digits(value: float) -> int:
    """Decimal places that a value of this size deserves when nothing else is known."""
    size = abs(value)
    if float(value).is_integer() or size >= 100:
        return 0
    return 1 if size >= 10 else 2


def signed(value: float, *, digits: int = 0) -> str:
    """`+3` or `−3`: a difference always shows its direction."""
    return ("+" if value > 0 else "") + number(value, digits=digits)


def day(value: date, *, weekday: bool = False, year: bool = True) -> str:
    """`Freitag, 20. November 2026`; a datetime must already be in the city's zone."""
    locale = language()
    months = "d. MMMM" if locale.startswith("de") else "d MMMM"
    there = value.date() if isinstance(value, datetime) else value  # the same instant may be another day
    return _date(there, ("EEEE, " if weekday else "") + months + (" y" if year else ""), locale)


@lru_cache(maxsize=4_096)
def _date(value: date, pattern: str, locale: str) -> str:
    """The same days come again and again, and each is costly to write."""
    return dates.format_date(value, pattern, locale=locale)


def clock(value: datetime) -> str:
    """`14:05 Uhr` in the zone the value already has."""
    text = f"{value:%H:%M}"
    return f"{text} Uhr" if language().startswith("de") else text


def moment(value: datetime, *, zone: tzinfo) -> str:
    """`20. November 2026, 14:05 Uhr`."""
    local = value.astimezone(zone)
    return f"{day(local.date())}, {clock(local)}"


def short_moment(value: datetime, *, zone: tzinfo) -> str:
    """`20.11.2026, 14:05` for tables, where many stand below each other."""
    local = value.astimezone(zone)
    locale = language()
    pattern = "dd.MM.y" if locale.startswith("de") else "dd/MM/y"
    return f"{_date(local.date(), pattern, locale)}, {local:%H:%M}"


def end(value: datetime, *, zone: tzinfo) -> str:
    """`31.03.2027` of what ends with that day, else the moment with its time."""
    local = value.astimezone(zone)
    if local.time() != time.min:
        return short_moment(value, zone=zone)
    locale = language()
    pattern = "dd.MM.y" if locale.startswith("de") else "dd/MM/y"
    return _date(local.date() - timedelta(days=1), pattern, locale)


def weekday(value: date) -> str:
    """`Donnerstag`."""
    return dates.format_date(value, "EEEE", locale=language())


def month(value: date) -> str:
    """`November 2026`."""
    return dates.format_date(value, "LLLL y", locale=language())


def age(value: datetime, *, now: datetime) -> str:
    """`vor 3 Minuten`."""
    passed = now - value
    if passed < _JUST_NOW:
        return gettext("gerade eben")
    return dates.format_timedelta(-passed, threshold=1, add_direction=True, locale=language())


def duration(value: timedelta) -> str:
    """`3 Stunden`."""
    return dates.format_timedelta(value, threshold=1, locale=language())


def moment_or_clock(value: datetime, *, zone: tzinfo, now: datetime) -> str:
    """`14:05 Uhr` for today, else with the date: short where the day goes without saying."""
    local = value.astimezone(zone)
    return clock(local) if local.date() == now.astimezone(zone).date() else moment(value, zone=zone)


def excerpt(text: object, most: int) -> str:
    """The beginning of a text in so many letters: whole sentences where they say enough, else words."""
    plain = " ".join(words(text).split())
    if len(plain) <= most:
        return plain
    ends = [end.end() for end in _SENTENCE.finditer(plain) if end.end() <= most]
    if ends and ends[-1] >= most * _ENOUGH:
        return plain[: ends[-1]]
    cut = plain[: most - 1]
    return (cut.rpartition(" ")[0].rstrip(" ,;:–-") or cut) + " …"


def words(value: object) -> str:
    """The text for the page's language out of `{"de": …, "en": …}`; plain text stays as it is."""
    if isinstance(value, Mapping):
        return str(languages.said(value, language=translation.get_language() or languages.FIRST))
    return "" if value is None else str(value)
