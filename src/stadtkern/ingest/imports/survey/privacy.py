# SPDX-License-Identifier: EUPL-1.2
"""Looks for what could be about single people: names of columns, forms of texts, small counts."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from stadtkern.ingest.imports import tables

LEAST = 5
"""Counts of people below this are not published (k)."""
_MOST_GROUPS = 300_000


class Finding(msgspec.Struct, kw_only=True):
    """Something that a steward has to decide about; examples are masked."""

    code: str
    column: str = ""
    n: int = 0
    example: str = ""


def _any(words: str, form: str = "{}") -> re.Pattern[str]:
    """Any of some words; `ä`, `ö`, `ü` may be spelled out."""
    spelled = words.replace("ä", "(ä|ae)").replace("ö", "(ö|oe)").replace("ü", "(ü|ue)")
    return re.compile(form.format(f"({'|'.join(spelled.split())})"), re.IGNORECASE)


_NAMES: dict[str, re.Pattern[str]] = {
    "name": _any(
        r"vorname nachname familienname geburtsname zuname name_?(vor|nach) first_?name last_?name surname"
        r" person ansprechpartner\w* (sach)?bearbeiter\w* antragsteller\w* halter\w* eigentümer\w* mieter\w*"
    ),
    "email": _any(r"e-?mail(-?adresse)? mail"),
    "address": _any("anschrift wohn(anschrift|adresse|ort) privat(anschrift|adresse)"),
    "phone": _any(r"(telefon|tel|handy|mobil|fax)\.?(nummer|nr\.?)? phone"),
    "birth": _any(r"geburts(datum|tag) geb\.?(datum)? date_?of_?birth birth(day|date)? dob"),
    "account": _any(r"iban kontonummer konto_?nr bankverbindung"),
    "identity": _any(
        r"personal_?(nummer|nr) steuer_?(id|nummer|nr) sozialversicherungs\w* sv_?nummer ausweis\w*"
        r" matrikel\w* kundennummer aktenzeichen"
    ),
    "plate": _any(r"kennzeichen kfz kfz-?kennzeichen license_?plate"),
    "sensitive": _any(
        r"religion konfession staatsangehörigkeit nationalität diagnose krankheit behinderung\w* herkunft"
        r" migrationshintergrund partei"
    ),
}
_QUASI = _any(
    "alter altersgruppe geschlecht geburtsjahr jahrgang plz postleitzahl beruf familienstand religion"
    " staatsangehörigkeit nationalität age gender sex zip"
)
_COUNTS = _any(
    "anzahl personen einwohner fälle kinder schüler teilnehm arbeitslose patient geburten sterbef haushalte"
    " bewohner empfänger",
    ".*{}.*",
)
_NO_PEOPLE = _any("haltestelle baum bäume straße park fahrzeug räder gerät", ".*{}.*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(
    r"(\+49|0049|0)[\s/-]?\(?0?\)?\d{2,5}[\s/-]+\d[\d\s/-]{3,}\d|(\+49|0049)\d{7,13}", re.ASCII
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}(\s?[0-9A-Z]{4}){3,7}(\s?[0-9A-Z]{1,3})?")
_PLATE = re.compile(r"[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?")


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    if not _IBAN.fullmatch(text) or not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_address(text: str) -> bool:
    if not (text.count(".") >= 3 or ":" in text) or not text[:1].isalnum():
        return False
    try:
        return not ipaddress.ip_address(text).is_private
    except ValueError:
        return False


_FORMS: dict[str, Callable[[str], bool]] = {
    "email": lambda text: "@" in text and _EMAIL.search(text) is not None,
    "phone": lambda text: _PHONE.fullmatch(text) is not None,
    "account": _is_iban,
    "plate": lambda text: _PLATE.fullmatch(text) is not None,
    "ip": _is_address,
}


# What every one of these forms has; most texts have none of it, and are not looked at any longer.
_LIKELY = re.compile(
    r"^[^\S\n]*(?=.{5})(?:[+0]|[A-Z]{2}\d\d|[A-ZÄÖÜ]{1,3}[- ][A-Z]|[^@:\n]*[@:]|(?:[^.\n]*\.){3}).*$",
    re.MULTILINE,
)


def _likely(texts: Sequence[str]) -> set[str]:
    """Distinct texts that could have one of the forms, found in all at once."""
    together = "\n".join(texts)
    if together.count("\n") >= len(texts):  # there are texts of several lines
        return set(map(str.strip, texts))
    return set(map(str.strip, _LIKELY.findall(together)))


class Watch:
    """Sees all cells of a table go by and remembers what could concern people."""

    def __init__(self, *, columns: Sequence[tables.Column], least: int = LEAST):
        self._least = least
        self._found: dict[tuple[str, str], Finding] = {}
        self._columns = columns
        self._quasi = [c.source for c in columns if _QUASI.fullmatch(_plain(c.source))]
        self._groups = Counter[tuple[str, ...]]()
        for column in columns:
            for code, pattern in _NAMES.items():
                if pattern.fullmatch(_plain(column.source)):
                    self._note(f"named_{code}", column.source, 1, "")

    def add(self, cells: Mapping[str, Sequence[str]]) -> None:
        """Look at a block of cells, by label."""
        for column in self._columns:
            texts = cells[column.source]
            if column.type == "text":
                self._forms(column.source, texts)
            elif column.type == "integer" and _counts_people(column):
                small = [text for text in texts if text.strip().isdecimal() and 0 < int(text) < self._least]
                if small:
                    self._note("small_count", column.source, len(small), small[0].strip())
        if len(self._quasi) > 1 and len(self._groups) < _MOST_GROUPS:
            self._groups.update(zip(*(cells[label] for label in self._quasi), strict=True))

    def findings(self) -> list[Finding]:
        """What was found, the gravest first: forms, names of columns, small groups."""
        rare = [(group, n) for group, n in self._groups.items() if n < self._least]
        if rare:
            self._note("small_group", ", ".join(self._quasi), sum(n for _, n in rare), "")
        order = ("looks_", "named_", "small_")
        return sorted(
            self._found.values(), key=lambda f: next(i for i, o in enumerate(order) if f.code.startswith(o))
        )

    def _forms(self, label: str, texts: Sequence[str]) -> None:
        each = {text: next((c for c, fits in _FORMS.items() if fits(text)), "") for text in _likely(texts)}
        codes = {text: code for text, code in each.items() if code}
        if not codes:
            return
        for text, n in Counter(text for text in map(str.strip, texts) if text in codes).items():
            self._note(f"looks_{codes[text]}", label, n, masked(text))

    def _note(self, code: str, column: str, n: int, example: str) -> None:
        known = self._found.get((code, column))
        if known is None:
            self._found[code, column] = Finding(code=code, column=column, n=n, example=example)
        else:
            known.n += n


def masked(text: str) -> str:
    """Enough of a text to recognise its kind, not the person."""
    shown = "".join("•" if sign.isalnum() and i > 1 else sign for i, sign in enumerate(text))
    return shown[:40]


def _plain(label: str) -> str:
    return re.sub(r"\s*[\[(].*$", "", label).strip()


def _counts_people(column: tables.Column) -> bool:
    return bool(_COUNTS.fullmatch(column.source)) and not _NO_PEOPLE.fullmatch(column.source)
