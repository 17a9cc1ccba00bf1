# SPDX-License-Identifier: EUPL-1.2
"""What a chart of a table is to show, as it stands in the address; what cannot be read is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import msgspec
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.browse import selection
from stadtkern.catalogue.browse.selection import Selection
from stadtkern.features.entities import Collection
from stadtkern.features.tally import Per

How = Literal["anzahl", "summe", "mittel", "kleinster", "groesster"]
HOWS: Mapping[How, Promise] = {
    "anzahl": gettext_lazy("Zeilen zählen"),
    "summe": gettext_lazy("zusammenzählen"),
    "mittel": gettext_lazy("Mittelwert"),
    "groesster": gettext_lazy("größter Wert"),
    "kleinster": gettext_lazy("kleinster Wert"),
}
PERS: Mapping[str, Promise] = {
    "tag": gettext_lazy("Tag"),
    "woche": gettext_lazy("Woche"),
    "monat": gettext_lazy("Monat"),
    "jahr": gettext_lazy("Jahr"),
}
PER_OF: Mapping[str, Per] = {"tag": "day", "woche": "week", "monat": "month", "jahr": "year"}
MOSTS = (5, 10, 20, 30)
USUAL_MOST = 10
LONGEST_TITLE, LONGEST_QUERY = 200, 4_000
_OWN = ("tabelle", "nach", "je", "rechnung", "zahl", "hoechstens", "titel")
# What neither the database nor a picture (XML 1.0, 2.2) can hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a table. Empty texts mean: choose for me. `problems` says what could not be used."""

    table: str
    by: str = ""
    per: str = ""
    how: How | Literal[""] = ""
    value: str = ""
    most: int = USUAL_MOST
    title: str = ""
    filter: Selection = Selection()
    problems: tuple[str, ...] = ()

    def query(self, **changes: Any) -> str:
        """The address's query for this question, with changes; empty values fall out."""
        asked = msgspec.structs.replace(self, **changes) if changes else self
        pairs = [
            ("tabelle", asked.table),
            ("nach", asked.by),
            ("je", asked.per),
            ("rechnung", asked.how),
            ("zahl", asked.value),
            ("hoechstens", str(asked.most) if asked.most != USUAL_MOST else ""),
            ("titel", asked.title),
        ]
        conditions = asked.filter.query(table="", order="", page=1)[1:]
        return "&".join(part for part in (urlencode([p for p in pairs if p[1]]), conditions) if part)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form must carry along: the conditions, which it has no fields for."""
        found = QueryDict(self.filter.query(table="", order="", page=1)[1:])
        return [(name, str(value)) for name, values in found.lists() for value in values]


def names_table(query: str) -> str:
    """The key of the table that a query asks for, or nothing."""
    return str(_given(query).get("tabelle", ""))[:200]


def of_address(address: str) -> str:
    """The query in an address that somebody copied, or the query itself."""
    before, mark, query = address.strip().partition("#")[0].partition("?")
    return query if mark else before


def _given(query: str) -> QueryDict:
    given = QueryDict(mutable=True)
    for name, values in QueryDict(query[:LONGEST_QUERY]).lists():
        given.setlist(_CONTROL.sub("", name), [_CONTROL.sub("", str(value)) for value in values])
    return given


def read(query: str, *, table: Collection) -> Question:
    """The question in a query, as far as the table has what it asks for."""
    given = _given(query)
    problems: list[str] = []
    names = [column.name for column in table.columns if column.type != "json"]
    numbers = [column.name for column in table.columns if column.type in ("integer", "number")]
    most = given.get("hoechstens", "")
    chosen = selection.read(given, table=table, named=False)
    chosen = msgspec.structs.replace(chosen, order="", descending=False, page=1)
    problems += [each.wrong for each in chosen.conditions if each.wrong]
    return Question(
        table=table.key,
        by=one_of(_text(given, "nach"), names, problems),
        per=one_of(_text(given, "je"), list(PERS), problems),
        how=cast("How", one_of(_text(given, "rechnung"), list(HOWS), problems)),
        value=one_of(_text(given, "zahl"), numbers, problems),
        most=int(most) if most in map(str, MOSTS) else USUAL_MOST,
        title=" ".join(_text(given, "titel").split())[:LONGEST_TITLE],
        filter=chosen,
        problems=tuple(problems),
    )


def _text(given: QueryDict, name: str) -> str:
    return str(given.get(name, ""))


def one_of(value: str, known: Iterable[str], problems: list[str]) -> str:
    """The value where it is known, else nothing and a problem that says so."""
    if not value or value in known:
        return value
    problems.append(
        gettext("„%(value)s“ gibt es hier nicht zur Auswahl; wir haben etwas Passendes gewählt.")
        % {"value": value[:40]}
    )
    return ""
