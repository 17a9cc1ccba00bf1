# SPDX-License-Identifier: EUPL-1.2
"""Days as people type them where a browser has no field for dates: `28.02.2026`, `28. 2. 2026`, ISO 8601."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import gettext

_WRITTEN = re.compile(
    r"\s*(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"|(?P<german_day>\d\d?)\.\s*(?P<german_month>\d\d?)\.\s*(?P<german_year>\d{4}))\s*",
    re.ASCII,
)


def read(text: str) -> date | None:
    """The day; nothing where it cannot be read, or the calendar has no such day."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    parts = found.groups()
    year, month, day = parts[:3] if parts[0] else parts[:2:-1]
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def tidy(text: str) -> str:
    """The day as fields of dates hold it, `2026-02-28`; what cannot be read stays as it was typed."""
    day = read(text)
    return day.isoformat() if day else text


def hint() -> str:
    """What to tell people whose day could not be read."""
    return gettext("Das Datum war nicht zu lesen. Bitte schreiben Sie es so: 28.02.2026 oder 2026-02-28.")
