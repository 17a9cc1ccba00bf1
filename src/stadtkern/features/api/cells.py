# SPDX-License-Identifier: EUPL-1.2
"""How values stand on the service's pages: numbers, times and texts as people of a language write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

import msgspec

from stadtkern.features.api.call import Call
from stadtkern.features.api.words import words
from stadtkern.features.sources import Described

_MOST_CELL, _MOST_TEXT = 120, 5_000
_MOST_ENTRIES = 200
_DAY = len("2026-11-22")
_DIVIDED = 10_000
_GERMAN, _ENGLISH = str.maketrans(",.-", ".,−"), str.maketrans("-", "−")


def cell(call: Call, value: Any, about: Described | None = None, *, most: int = _MOST_CELL) -> str:
    """A value in a table, as markup; `most`: characters, before the rest is left out."""
    text = _told(call, _plain(value), about)
    return escape(text if len(text) <= most else _beginning(text, most) + " …")


def _beginning(text: str, most: int) -> str:
    """Whole words of it; a word that is longer than that is cut."""
    cut = text[:most]
    return cut.rpartition(" ")[0].rstrip(" ,;:–-") or cut


def full(call: Call, value: Any, about: Described) -> str:
    """A value on the page of its feature: what JSON has by name as a list of its own."""
    plain = _plain(value)
    if not isinstance(plain, Mapping) or not plain or _by_language(plain):
        return f"{cell(call, value, about, most=_MOST_TEXT)} {escape(about.unit)}".rstrip()
    entries = list(plain.items())
    listed = "".join(
        f"<dt>{escape(_title(call, about, name))}</dt><dd>{cell(call, inner, most=_MOST_TEXT)}</dd>"
        for name, inner in entries[:_MOST_ENTRIES]
    )
    rest = "" if len(entries) <= _MOST_ENTRIES else "<p>…</p>"
    return f'<dl class="sk-facts">{listed}</dl>{rest}'


def count(call: Call, number: int | None) -> str:
    """A number with its thousands apart, as the language has it."""
    return "" if number is None else _written(call, f"{number:,}")


def table(
    label: str, heads: Iterable[str], rows: Sequence[Sequence[str]], numbers: Iterable[int] = ()
) -> str:
    """A table; `rows` hold markup, `numbers` are the columns that stand to the right."""
    kinds = dict.fromkeys(numbers, ' class="number"')
    head = "".join(f'<th scope="col"{kinds.get(n, "")}>{escape(name)}</th>' for n, name in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{kinds.get(n, '')}>{value}</td>" for n, value in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="sk-table-wrap" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="sk-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _plain(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value


def _told(call: Call, value: Any, about: Described | None = None) -> str:
    """What a value says, without the signs of JSON; of texts by language the one that is read."""
    say, german = words(call.language), call.language == "de"
    match value:
        case None:
            return ""
        case bool():
            return say.yes if value else say.no
        case int() | float():
            # Years and short numbers are not divided (DIN 5008).
            comma = "" if abs(value) < _DIVIDED else ","
            return _written(call, format(value, comma if isinstance(value, int) else f"{comma}.15g"))
        case datetime():
            return _local(call, value).strftime("%d.%m.%Y, %H:%M Uhr" if german else "%d %B %Y, %H:%M")
        case date():
            return value.strftime("%d.%m.%Y" if german else "%d %B %Y")
        case Mapping() if _by_language(value):
            return call.text({name: str(text) for name, text in value.items()})
        case Mapping():
            return "; ".join(
                f"{_title(call, about, name)}: {_told(call, inner)}" for name, inner in value.items()
            )
        case list():
            return ", ".join(_told(call, inner) for inner in value)
        case str():
            return value if (day := _day(value)) is None else _told(call, day)
    return str(value)


def _written(call: Call, number: str) -> str:
    """A number that Python has written, with the signs of the page's language."""
    return number.translate(_GERMAN if call.language == "de" else _ENGLISH)


def _local(call: Call, moment: datetime) -> datetime:
    """An instant by the city's clock; at the ends of the calendar, where there is none, as it is."""
    try:
        return moment.astimezone(call.dress.zone)
    except OverflowError:
        return moment


def _title(call: Call, about: Described | None, name: str) -> str:
    """What people call a part of a value, where that is known."""
    return call.text(about.parts.get(name, {}) if about else {}, name)


def _by_language(value: Mapping[str, Any]) -> bool:
    return bool(value) and value.keys() <= {"de", "en", "de-simple"}


def _day(text: str) -> date | None:
    """A day written as data write it."""
    if len(text) != _DAY or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
