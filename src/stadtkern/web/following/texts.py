# SPDX-License-Identifier: EUPL-1.2
"""What a message says, in the language of whoever follows; needs no Django, since jobs write it."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates, numbers

from stadtkern.catalogue import entities
from stadtkern.city import languages

_FOLDER = Path(__file__).parent.parent / "locale"
_MOST_LETTERS = 200


@cache
def _words(language: str) -> Callable[[str], str]:
    """The catalogue of a language; German stands in the code."""
    found = gettext.translation("django", localedir=_FOLDER, languages=[language], fallback=True)
    return found.gettext


def _short(name: str) -> str:
    """A name as long as a message can bear (RFC 8291, 4), and no longer than a screen shows."""
    return name if len(name) <= _MOST_LETTERS else name[:_MOST_LETTERS] + " …"


def _prefix(language: str) -> str:
    return languages.prefix(language)


def _number(value: float, symbol: str, language: str) -> str:
    said = str(numbers.format_decimal(value, format="#,##0.##", locale=language)).replace("-", "−")
    return f"{said} {symbol}".strip()


def passed(
    *,
    language: str,
    thing: str,
    series: str,
    series_id: int,
    value: float,
    bound: float,
    above: bool,
    symbol: str,
) -> dict[str, Any]:
    """A value has passed what somebody waits for."""
    _ = _words(language)
    told = {"series": _short(series), "bound": _number(bound, symbol, language)}
    over = _("%(series)s: jetzt über %(bound)s.")
    under = _("%(series)s: jetzt unter %(bound)s.")
    return {
        "title": f"{_short(thing)}: {_number(value, symbol, language)}",
        "body": (over if above else under) % told,
        "url": f"{_prefix(language)}/messreihen/{series_id}",
    }


def turned(
    *, language: str, thing: str, thing_id: int, silent: bool, newest: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """A place has fallen silent, or speaks again."""
    _ = _words(language)
    body = _("Es kommen wieder Messwerte.")
    if silent:
        at = dates.format_datetime(newest, format="short", tzinfo=zone, locale=language)
        body = _("Seit %(at)s keine Messwerte.") % {"at": at}
    return {"title": _short(thing), "body": body, "url": f"{_prefix(language)}/dinge/{thing_id}"}


def moved(*, language: str, key: str, title: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset is changed."""
    _ = _words(language)
    return {
        "title": _short(entities.text_of(title, language) or key),
        "body": _("Diese Daten wurden geändert."),
        "url": f"{_prefix(language)}/daten/{key}",
    }
