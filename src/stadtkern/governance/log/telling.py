# SPDX-License-Identifier: EUPL-1.2
"""Entries of the log in words: what happened to what, and each thing that is different by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_lazy

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.governance import words
from stadtkern.governance.log.queries import Entry
from stadtkern.identity import words as identity

SURFACES = {
    "page": gettext_lazy("Webseite"),
    "console": gettext_lazy("Befehlszeile"),
    "sta": "SensorThings API",
    "ogc": "OGC API – Features",
    "live": gettext_lazy("laufende Werte"),
    "mqtt": "MQTT",
    "other": gettext_lazy("andere Schnittstelle"),
}
# What entries are about where no address was asked for, by the table that changed.
_ABOUT = {
    "membership": gettext_lazy("Mitarbeit in einer Organisation"),
    "organisation": gettext_lazy("Organisation"),
    "room": gettext_lazy("Datenraum"),
    "room_grant": gettext_lazy("Zugang zu einem Datenraum"),
    "room_acceptance": gettext_lazy("Zustimmung zu den Bedingungen eines Datenraums"),
    "token": gettext_lazy("Schlüssel"),
    "token_scope": gettext_lazy("Rechte eines Schlüssels"),
    "wall_key": gettext_lazy("Schlüssel eines Bildschirms"),
    "dataset": gettext_lazy("Datensatz"),
    "audit_policy": gettext_lazy("Aufbewahrung des Protokolls"),
    "agreement": gettext_lazy("Vereinbarung"),
    "agreement_recipient": gettext_lazy("Seite einer Vereinbarung"),
    "agreement_dataset": gettext_lazy("Datensatz einer Vereinbarung"),
    "officer": gettext_lazy("Zuständigkeit für das Protokoll"),
    "account": gettext_lazy("Konto"),
    "search": gettext_lazy("Suche im Protokoll"),
}
_DONE = {
    "insert": gettext_lazy("angelegt"),
    "update": gettext_lazy("geändert"),
    "delete": gettext_lazy("entfernt"),
    "close": gettext_lazy("gesperrt"),
    "open": gettext_lazy("wieder geöffnet"),
}
_FIELDS = {
    "person": gettext_lazy("Person"),
    "person_id": gettext_lazy("Person"),
    "principal_id": gettext_lazy("Wer"),
    "organisation_id": gettext_lazy("Organisation"),
    "role": gettext_lazy("Rolle"),
    "verbs": gettext_lazy("Rechte"),
    "since": gettext_lazy("seit"),
    "starts_at": gettext_lazy("gilt ab"),
    "expires_at": gettext_lazy("gilt bis"),
    "revoked_at": gettext_lazy("beendet"),
    "granted_at": gettext_lazy("erteilt"),
    "accepted_at": gettext_lazy("zugestimmt"),
    "created_at": gettext_lazy("angelegt"),
    "given_at": gettext_lazy("angelegt"),
    "given_by": gettext_lazy("Wer"),
    "ended_at": gettext_lazy("beendet"),
    "board_id": gettext_lazy("Nummer der Tafel"),
    "name": gettext_lazy("Name"),
    "title": gettext_lazy("Titel"),
    "key": gettext_lazy("Kurzname"),
    "kind": gettext_lazy("Art"),
    "state": gettext_lazy("Status"),
    "terms": gettext_lazy("Bedingungen"),
    "terms_version": gettext_lazy("Fassung der Bedingungen"),
    "version": gettext_lazy("Fassung"),
    "about": gettext_lazy("Angaben"),
    "keep": gettext_lazy("Einträge bleiben"),
    "dataset_ids": gettext_lazy("nur diese Datensätze"),
    "datastream_ids": gettext_lazy("nur diese Messreihen"),
    "agreement_id": gettext_lazy("Vereinbarung"),
    "action": gettext_lazy("Was"),
    "who": gettext_lazy("Wer"),
    "words": gettext_lazy("Suchwort"),
    "until": gettext_lazy("bis"),
}
_PEOPLE = frozenset(("person", "person_id", "principal_id", "organisation_id", "given_by"))
# Numbers that say nothing to people, or that stand in the entry elsewhere.
_SILENT = frozenset(("id", "room_id", "dataset_id", "token_id", "default_dataset_id", "last_used_on"))
_SILENT |= {"only_one", "operation", "uuid"}
_STATES = {
    "draft": gettext_lazy("Entwurf"),
    "published": gettext_lazy("veröffentlicht"),
    "withdrawn": gettext_lazy("zurückgezogen"),
}


_VALUES: Mapping[str, Mapping[str, Any]] = {
    "role": identity.ROLES, "verbs": identity.VERBS, "state": _STATES, "action": words.ACTIONS,
    "kind": {**words.ORGANISATIONS, **words.KINDS}, "keep": {"1 year": gettext_lazy("ein Jahr")},
}  # fmt: skip
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Told(NamedTuple):
    """An entry as the page tells it: what it is about, what was done to it, and each detail."""

    entry: Entry
    about: str
    surface: str
    details: list[str]


class Reader(NamedTuple):
    """Reads values as people do, with names for numbers and times in a zone."""

    names: Mapping[int, str]
    zone: tzinfo

    def value(self, name: str, value: Any) -> str:
        """A value in words."""
        if value is None or value in ("", [], {}):
            return "–"
        if name in _PEOPLE and isinstance(value, int):
            return self.names.get(value) or gettext("Nummer %(n)s") % {"n": value}
        if isinstance(value, Mapping):
            return "; ".join(f"{key}: {self.value(key, inner)}" for key, inner in value.items())
        if isinstance(value, list):
            return ", ".join(self.value(name, each) for each in value)
        table = _VALUES.get(name, {})
        return str(table[value]) if value in table else self._time(str(value))

    def _time(self, text: str) -> str:
        """A time without its fractions, and anything else as it is, also what only looks like a time."""
        if _INSTANT.match(text) is None:
            return text
        try:
            return datetime.fromisoformat(text).astimezone(self.zone).strftime("%d.%m.%Y, %H:%M")
        except (ValueError, OverflowError):
            return text


def who(entry: Entry) -> str:
    """Who it was: a name, an account that is gone, or the command line."""
    if entry.name:
        return entry.name
    if entry.principal_id:
        return gettext("Konto %(n)s, gelöscht") % {"n": entry.principal_id}
    return gettext("Befehlszeile")


async def tell(connection: Connection, *, entries: Iterable[Entry], zone: tzinfo) -> list[Told]:
    """Entries in words, times in a zone; names of people and organisations in them are looked up once."""
    found = list(entries)
    ids = {number for entry in found for number in _numbers(entry.detail)}
    rows = await connection.execute(statements.load("governance")["names_of"], {"ids": sorted(ids)})
    names = {row[0]: row[1] for row in await rows.fetchall()}
    return [_told(entry, Reader(names, zone)) for entry in found]


def _told(entry: Entry, reader: Reader) -> Told:
    about = _ABOUT.get(entry.address)
    done = _DONE.get(str(entry.detail.get("operation", "")))
    text = entry.address if about is None else f"{about}: {done}" if done else str(about)
    surface = str(SURFACES.get(entry.surface, entry.surface))
    return Told(entry, text, surface, list(_details(entry.detail, reader)))


def _numbers(detail: Mapping[str, Any]) -> Iterator[int]:
    for inner in (detail, detail.get("before"), detail.get("after")):
        if isinstance(inner, Mapping):
            yield from (value for name, value in inner.items() if name in _PEOPLE and isinstance(value, int))


def _details(detail: Mapping[str, Any], reader: Reader) -> Iterator[str]:
    """One line for each thing that is said; of what changed only what is different now."""
    before, after = detail.get("before") or {}, detail.get("after") or {}
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if name in _SILENT or (before and after and old == new):
            continue
        if before and after:
            text = gettext("%(old)s, jetzt %(new)s") % {
                "old": reader.value(name, old), "new": reader.value(name, new)
            }  # fmt: skip
        else:
            text = reader.value(name, new if after else old)
        yield f"{_field(name)}: {text}"
    for name, value in detail.items():
        if name not in _SILENT and name not in ("before", "after"):
            yield f"{_field(name)}: {reader.value(name, value)}"


def _field(name: str) -> str:
    return str(_FIELDS.get(name, name))
