# SPDX-License-Identifier: EUPL-1.2
"""Controlled vocabularies: themes, licences, formats, categories, with German and English names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TypeVar

import msgspec

_Any = TypeVar("_Any")


class Licence(msgspec.Struct, frozen=True):
    """One of the licences of DCAT-AP.de."""

    iri: str
    name: str
    text: str
    open: bool | None

    @property
    def code(self) -> str:
        """The part that tells it from the others, e.g. `dl-by-de/2.0`."""
        return self.iri.removeprefix(LICENCES)

    @property
    def attribution(self) -> bool:
        """Whether it demands that the source is named."""
        return self.code.startswith(("cc-by", "dl-by", "odby", "odbl"))


class FileType(msgspec.Struct, frozen=True):
    """A format of the EU's table of file types; `open`: not proprietary, `readable`: by machines."""

    code: str
    name: str
    media_type: str
    open: bool
    readable: bool


class Concept(msgspec.Struct, frozen=True):
    """One concept of the Musterdatenkatalog."""

    slug: str
    theme: str
    name: str
    about: str
    en: str


class Contributor(msgspec.Struct, frozen=True):
    """A portal that delivers to GovData."""

    iri: str
    name: str


LICENCES = "http://dcat-ap.de/def/licenses/"
CONTRIBUTORS = "http://dcat-ap.de/def/contributors/"
MUSTERDATEN = "https://musterdatenkatalog.de/def/musterdatensatz/"
_RECOMMENDED = ("dl-zero-de/2.0", "dl-by-de/2.0", "cc-zero", "cc-by/4.0")


@cache
def codes(table: str) -> Mapping[str, tuple[str, str]]:
    """Code → German and English name. Tables: themes, frequencies, languages, access_rights, availability,
    statuses, political_levels, hvd_categories."""
    return _read("codes.json", dict[str, dict[str, tuple[str, str]]])[table]


@cache
def licences() -> Mapping[str, Licence]:
    """The licences by IRI, the recommended ones first."""
    known = {licence.iri: licence for licence in _read("licences.json", list[Licence])}
    first = {LICENCES + code: known[LICENCES + code] for code in _RECOMMENDED}
    return first | known


@cache
def file_types() -> Mapping[str, FileType]:
    """The formats by code."""
    return {each.code: each for each in _read("file_types.json", list[FileType])}


@cache
def concepts() -> Mapping[str, Concept]:
    """The Musterdatenkatalog by slug."""
    return {each.slug: each for each in _read("musterdaten.json", list[Concept])}


@cache
def contributors() -> Mapping[str, Contributor]:
    """The portals that deliver to GovData, by IRI."""
    return {each.iri: each for each in _read("contributors.json", list[Contributor])}


def licence(iri: str) -> Licence:
    """A licence by its IRI; one that is not in the list is taken as it is."""
    return licences().get(iri) or Licence(iri, iri, iri if iri.startswith("http") else "", None)


def name(table: str, code: str, *, language: str = "de") -> str:
    """What a code is called in German or English; an unknown code stays."""
    names = codes(table).get(code)
    return code if names is None else names[language != "de"]


def _read(file: str, form: type[_Any]) -> _Any:
    text = (resources.files(__package__) / file).read_bytes()
    return msgspec.json.decode(text, type=form)
