# SPDX-License-Identifier: EUPL-1.2
"""Reads what an Excel sheet says of the inventory, line by line, and says what is wrong where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.inventory.cells import Rows
from stadtkern.catalogue.inventory.entities import CHOICES, FIELDS, LENGTHS, Entry, Facts
from stadtkern.catalogue.inventory.operations import Line
from stadtkern.ui import days, formats

MOST_FINDINGS = 200
NUMBER, REVISION = gettext_lazy("Nr."), gettext_lazy("Fassung")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Finding(msgspec.Struct, frozen=True):
    """What is wrong in one line of the sheet, and in which column."""

    line: int
    column: str
    says: str


class Read(msgspec.Struct, frozen=True):
    """What a sheet says; lines only count where there is no finding."""

    lines: Sequence[Line]
    findings: Sequence[Finding]


def read(
    rows: Rows, *, known: Mapping[int, Entry], titles: Mapping[str, int], concepts: Mapping[str, str]
) -> Read:
    """Read the cells of a sheet. `titles`: lower case, to numbers of entries; `concepts`: label to slug.

    Findings name the line as Excel counts it.
    """
    head = next((i for i, row in enumerate(rows[:10]) if _columns(row).get("title") is not None), None)
    if head is None:
        says = gettext("Die Kopfzeile fehlt. Bitte benutzen Sie die Spaltennamen der Vorlage.")
        return Read([], [Finding(1, str(FIELDS["title"]), says)])
    reader = _Reader(_columns(rows[head]), known=known, titles=titles, concepts=concepts)
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        if any(_text(cell) for cell in row):
            reader.take(number, row)
        if len(reader.findings) >= MOST_FINDINGS:
            break
    return Read(reader.lines, reader.findings)


class _Reader:
    """Collects the lines and what is wrong with them."""

    def __init__(
        self,
        columns: Mapping[str, int],
        *,
        known: Mapping[int, Entry],
        titles: Mapping[str, int],
        concepts: Mapping[str, str],
    ):
        self.columns, self.known, self.titles, self.concepts = columns, known, titles, concepts
        self.lines: list[Line] = []
        self.findings: list[Finding] = []
        self.seen: dict[str, int] = {}
        self.numbers: dict[int, int] = {}

    def take(self, number: int, row: Sequence[Any]) -> None:
        """Read one line; it counts only if nothing is wrong with it."""
        before = len(self.findings)
        entry_id, revision = self._identity(number, row)
        # A column that the sheet does not have leaves what the entry says.
        start = (
            self.known[entry_id].facts if entry_id is not None and entry_id in self.known else Facts(title="")
        )
        given = {name: self._value(number, name, row) for name in FIELDS if name in self.columns}
        facts = msgspec.structs.replace(start, **given)
        self._title(number, facts.title, entry_id)
        if len(self.findings) == before:
            self.lines.append(Line(number=number, facts=facts, id=entry_id, revision=revision))

    def say(self, number: int, column: Any, says: str) -> None:
        """Note what is wrong."""
        self.findings.append(Finding(number, str(column), says))

    def _identity(self, number: int, row: Sequence[Any]) -> tuple[int | None, int | None]:
        asked, stand = self._cell("number", row), self._cell("revision", row)
        if asked is None:
            return None, None
        entry_id = int(asked) if asked.isdecimal() and len(asked) < 16 else None
        entry = self.known.get(entry_id) if entry_id is not None else None
        if entry_id is None or entry is None:
            self.say(
                number,
                NUMBER,
                gettext("Einen Eintrag mit dieser Nummer gibt es in dieser Organisation nicht."),
            )
            return None, None
        if entry_id in self.numbers:
            says = gettext("Diese Nummer steht schon in Zeile %(line)s.") % {"line": self.numbers[entry_id]}
            self.say(number, NUMBER, says)
        self.numbers[entry_id] = number
        if entry.state == "proposed":
            self.say(
                number, NUMBER, gettext("Über diesen Eintrag wird gerade entschieden; er ist bis dahin fest.")
            )
        if stand is not None and stand != str(entry.revision):
            says = gettext(
                "Der Eintrag wurde seit dem Herunterladen geändert. Bitte laden Sie die Liste neu herunter."
            )
            self.say(number, REVISION, says)
        return entry_id, entry.revision

    def _title(self, number: int, title: str, entry_id: int | None) -> None:
        key = title.lower()
        if not title:
            self.say(number, FIELDS["title"], gettext("Der Titel fehlt."))
        elif key in self.seen:
            says = gettext("Denselben Titel hat schon Zeile %(line)s.") % {"line": self.seen[key]}
            self.say(number, FIELDS["title"], says)
        elif self.titles.get(key, entry_id) != entry_id:
            says = gettext(
                "Diesen Titel hat schon der Eintrag Nr. %(id)s. Tragen Sie die Nummer ein, um ihn zu ändern."
            )
            self.say(number, FIELDS["title"], says % {"id": self.titles[key]})
        self.seen.setdefault(key, number)

    def _cell(self, name: str, row: Sequence[Any]) -> str | None:
        at = self.columns.get(name)
        return (_text(row[at]) or None) if at is not None and at < len(row) else None

    def _value(self, number: int, name: str, row: Sequence[Any]) -> Any:
        if name == "due":
            at = self.columns["due"]
            return self._date(number, row[at] if at < len(row) else None)
        text = self._cell(name, row) or ""
        if name in CHOICES:
            return self._choice(number, name, text)
        if name == "concept" and text:
            return self._concept(number, text)
        if len(text) > LENGTHS[name]:
            says = gettext("Der Text ist länger als %(n)s Zeichen.") % {"n": LENGTHS[name]}
            self.say(number, FIELDS[name], says)
        return text

    def _choice(self, number: int, name: str, text: str) -> str:
        code = _codes(name).get(text.lower()) if text else "unknown"
        if code is None:
            allowed = ", ".join(formats.quoted(words) for words in CHOICES[name].values())
            says = gettext("„%(text)s“ ist keine der Möglichkeiten: %(allowed)s.")
            self.say(number, FIELDS[name], says % {"text": text[:60], "allowed": allowed})
        return code or "unknown"

    def _concept(self, number: int, text: str) -> str:
        found = self.concepts.get(text.lower())
        if found is None:
            says = gettext(
                "„%(text)s“ steht nicht im Musterdatenkatalog. Die Namen finden Sie auf dem zweiten Blatt."
            )
            self.say(number, FIELDS["concept"], says % {"text": text[:60]})
        return found or ""

    def _date(self, number: int, cell: Any) -> date | None:
        text = _text(cell)
        if not text:
            return None
        day = days.read(text)
        if day is None:
            says = gettext("„%(text)s“ ist kein Datum. Schreiben Sie es so: 31.12.2026.")
            self.say(number, FIELDS["due"], says % {"text": text[:40]})
        return day


def _codes(name: str) -> dict[str, str]:
    """Words in both languages, and the codes themselves, to codes."""
    found = {code: code for code in CHOICES[name]}
    for language in ("de", "en"):
        with translation.override(language):
            found |= {str(words).lower(): code for code, words in CHOICES[name].items()}
    return found


def _columns(row: Sequence[Any]) -> dict[str, int]:
    names = {"number": NUMBER, "revision": REVISION, **FIELDS}
    found: dict[str, int] = {}
    for language in ("de", "en"):
        with translation.override(language):
            meant = {str(words).lower(): name for name, words in names.items()}
        for at, cell in enumerate(row):
            name = meant.get(_text(cell).rstrip(" *").lower())
            if name is not None:
                found.setdefault(name, at)
    return found


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _CONTROL.sub("", str(cell).replace("\r\n", "\n").replace("_x000D_", "")).strip()
