# SPDX-License-Identifier: EUPL-1.2
"""What a diagram is to show, as it stands in the address; what cannot be read is left out and said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import parse_qsl, urlencode

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.charts import asking as choices
from stadtkern.ui import days

MOST_SERIES, MOST_EVENTS = 4, 8
LONGEST_TITLE, LONGEST_EVENT, LONGEST_QUERY = 200, 120, 4_000
GROUPS: Mapping[str, Promise] = {
    "einzeln": gettext_lazy("Einzelwerte"),
    "stunde": gettext_lazy("Stunde"),
    "tag": gettext_lazy("Tag"),
    "woche": gettext_lazy("Woche"),
    "monat": gettext_lazy("Monat"),
    "jahr": gettext_lazy("Jahr"),
}
COMPARISONS: Mapping[str, Promise] = {
    "vorjahr": gettext_lazy("mit dem Vorjahr"),
    "jahre": gettext_lazy("mit drei Jahren davor"),
}
BANDS: Mapping[str, Promise] = {
    "ohne": gettext_lazy("keiner"),
    "spanne": gettext_lazy("kleinster bis größter Wert"),
    "mitte": gettext_lazy("mittlere acht von zehn Stundenwerten"),
}
_ID = re.compile(r"[1-9][0-9]{0,17}")
_EVENT = re.compile(r"\s*(\d{4}-\d\d?-\d\d?|\d\d?\.\s*\d\d?\.\s*\d{4})[\s:,–-]+(\S.*?)\s*")
# What neither the database nor a picture (XML 1.0, 2.2) can hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Happening(msgspec.Struct, frozen=True):
    """A day and what happened on it."""

    day: date
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Empty texts mean: choose for me. `problems` says what could not be used."""

    ids: tuple[int, ...] = ()
    span: str = ""
    since: str = ""
    until: str = ""
    group: str = ""
    compare: str = ""
    band: str = ""
    title: str = ""
    events: str = ""
    happenings: tuple[Happening, ...] = ()
    problems: tuple[str, ...] = ()

    def query(self, *, ids: Sequence[int] | None = None, **changes: str) -> str:
        """The address's query for this question, with changes; empty values fall out."""
        own = {
            "zeitraum": "" if self.since or self.until else self.span,
            "von": self.since,
            "bis": self.until,
            "gruppe": self.group,
            "vergleich": self.compare,
            "band": self.band,
            "titel": self.title,
            "ereignisse": self.events,
        }
        pairs = [("reihe", str(each)) for each in (self.ids if ids is None else ids)]
        return urlencode([*pairs, *((key, value) for key, value in {**own, **changes}.items() if value)])

    @property
    def asked(self) -> dict[str, str]:
        """What `spans.choose` reads."""
        return {"zeitraum": self.span, "von": self.since, "bis": self.until}


def of_address(address: str) -> Question:
    """The question in an address that somebody copied, or in its query alone."""
    before, mark, query = address.strip().partition("#")[0].partition("?")
    return read(query if mark else before)


def read(query: str) -> Question:
    """The question in a query."""
    given = [(key, _CONTROL.sub("", value)) for key, value in parse_qsl(query[:LONGEST_QUERY])]
    last = dict(given)
    problems: list[str] = []
    ids = _ids([value for key, value in given if key == "reihe"], problems)
    events = last.get("ereignisse", "").replace("\r\n", "\n").strip()
    return Question(
        ids=ids,
        span=last.get("zeitraum", "")[:20],
        since=days.tidy(last.get("von", "")[:20]),
        until=days.tidy(last.get("bis", "")[:20]),
        group=choices.one_of(last.get("gruppe", ""), GROUPS, problems),
        compare=choices.one_of(last.get("vergleich", ""), COMPARISONS, problems),
        band=choices.one_of(last.get("band", ""), BANDS, problems),
        title=" ".join(last.get("titel", "").split())[:LONGEST_TITLE],
        events=events,
        happenings=_happenings(events, problems),
        problems=tuple(problems),
    )


def _ids(given: Sequence[str], problems: list[str]) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(int(value) for value in given if _ID.fullmatch(value)))
    if len(found) > MOST_SERIES:
        problems.append(
            gettext("Ein Diagramm zeigt höchstens %(n)s Messreihen; gezeigt werden die ersten.")
            % {"n": MOST_SERIES}
        )
    return found[:MOST_SERIES]


def _happenings(text: str, problems: list[str]) -> tuple[Happening, ...]:
    found: list[Happening] = []
    for line in (line for line in text.split("\n") if line.strip()):
        event = _happening(line)
        if event is None:
            problems.append(
                gettext(
                    "Das Ereignis „%(line)s“ war nicht zu lesen. Bitte schreiben Sie erst das Datum, dann"
                    " einen Text: 10.02.2026 Sturm."
                )
                % {"line": line.strip()[:60]}
            )
        else:
            found.append(event)
    if len(found) > MOST_EVENTS:
        problems.append(gettext("Gezeigt werden die ersten %(n)s Ereignisse.") % {"n": MOST_EVENTS})
    return tuple(sorted(found[:MOST_EVENTS], key=lambda event: event.day))


def _happening(line: str) -> Happening | None:
    match = _EVENT.fullmatch(line)
    if match is None:
        return None
    at = days.read(match[1])
    return Happening(at, match[2][:LONGEST_EVENT]) if at and 1900 <= at.year <= 2200 else None
