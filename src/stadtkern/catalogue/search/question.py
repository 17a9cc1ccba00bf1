# SPDX-License-Identifier: EUPL-1.2
"""What somebody asks the search, as it stands in the address."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

from stadtkern.ui import days

Order = Literal["", "neu", "titel"]
# Facet → name in the address.
FACETS: Mapping[str, str] = {
    "theme": "thema",
    "kind": "art",
    "format": "format",
    "licence": "lizenz",
    "organisation": "stelle",
    "hvd": "hvd",
}
SIZE = 20
_MOST_PAGES = 500
_MOST_WORDS = 8
_WORD = re.compile(r"\w+")
# Words that say nothing.
_IDLE = re.compile(
    r"der|die|das|den|dem|des|eine?[nmrs]?|und|oder|in|im|an|am|auf|aus|bei|bis|von|vom|zu[mr]?|mit|nach|für|über"
    r"|unter|wie|wo|was|wer|ist|sind|es|ich|the|of|and|for|to|where|how"
)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Words, facets, area (west, south, east, north), time, order and page."""

    text: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    area: tuple[float, float, float, float] | None = None
    since: date | None = None
    until: date | None = None
    order: Order = ""
    page: int = 1

    @property
    def words(self) -> list[str]:
        """What must be found; a question of idle words only is asked as it is."""
        said = [word.lower() for word in _WORD.findall(self.text)][:_MOST_WORDS]
        said = list(dict.fromkeys(said))  # a word said twice asks for nothing more
        return [word for word in said if not _IDLE.fullmatch(word)] or said

    @property
    def instants(self) -> tuple[datetime | None, datetime | None]:
        """The span as instants; the last day counts as a whole."""
        since = datetime.combine(self.since, time(), UTC) if self.since else None
        until = datetime.combine(self.until, time(), UTC) + timedelta(days=1) if self.until else None
        return since, until

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked at all."""
        return bool(self.text or self.facets or self.area or self.since or self.until)

    def chosen(self, facet: str) -> str:
        """The value chosen of a facet, or nothing."""
        return dict(self.facets).get(facet, "")

    def turned(self, *, page: int) -> Question:
        """The same question, another page."""
        return msgspec.structs.replace(self, page=page)

    def sorted_by(self, order: Order) -> Question:
        """The same question in another order, from the first page on."""
        return msgspec.structs.replace(self, order=order, page=1)

    def with_facet(self, facet: str, value: str) -> Question:
        """The question narrowed down by a value, or without it when the value is empty."""
        others = tuple(each for each in self.facets if each[0] != facet)
        added = ((facet, value),) if value else ()
        return msgspec.structs.replace(self, facets=tuple(sorted(others + added)), page=1)

    def hidden(self, *, without: tuple[str, ...]) -> list[tuple[str, str]]:
        """What a form that asks for something else keeps of the question."""
        dropped = (*without, "seite")
        return [(name, value) for name, value in self._parts().items() if value and name not in dropped]

    def query(self) -> str:
        """As it stands behind the `?` of an address."""
        return urlencode({name: value for name, value in self._parts().items() if value})

    def _parts(self) -> dict[str, str]:
        return {
            "q": self.text,
            **{FACETS[facet]: value for facet, value in self.facets},
            "ausschnitt": ",".join(f"{number:.6g}" for number in self.area or ()),
            "von": self.since.isoformat() if self.since else "",
            "bis": self.until.isoformat() if self.until else "",
            "sortierung": self.order,
            "seite": str(self.page) if self.page > 1 else "",
        }


def read(given: Mapping[str, str]) -> Question:
    """The question in an address; what cannot be understood counts as not asked."""
    page = given.get("seite", "")
    order = given.get("sortierung", "")
    facets = [(facet, _clean(given.get(name, ""), longest=200)) for facet, name in FACETS.items()]
    return Question(
        text=_clean(given.get("q", ""), longest=200),
        facets=tuple(sorted(each for each in facets if each[1])),
        area=_area(given.get("ausschnitt", "")),
        since=_day(given.get("von", "")),
        until=_day(given.get("bis", "")),
        order="neu" if order == "neu" else "titel" if order == "titel" else "",
        page=max(1, min(int(page[:9]), _MOST_PAGES)) if page.isdecimal() and page.isascii() else 1,
    )


def problem(given: Mapping[str, str]) -> str:
    """What to tell people about days that count as not asked."""
    typed = (given.get("von", "").strip(), given.get("bis", "").strip())
    return days.hint() if any(text and _day(text) is None for text in typed) else ""


def _clean(text: str, *, longest: int) -> str:
    return " ".join(text.replace("\0", "").split())[:longest]


def _day(text: str) -> date | None:
    day = days.read(text)
    return day if day and day.year < date.max.year else None


def _area(text: str) -> tuple[float, float, float, float] | None:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    within = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return (west, south, east, north) if within and all(map(math.isfinite, (west, south))) else None
