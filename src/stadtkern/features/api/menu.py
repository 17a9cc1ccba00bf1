# SPDX-License-Identifier: EUPL-1.2
"""The menu of all pages of the city, for those of the service; a test compares it with the pages' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import msgspec

from stadtkern.features.api.dress import Dress


class Entry(msgspec.Struct, frozen=True):
    """A page: its name, its address below the home page, and whether the service is a part of it."""

    title: str
    path: str
    here: bool = False
    # The property of the city that says whether the page has something to show.
    where: str = ""


class Section(msgspec.Struct, frozen=True):
    """A section; it leads to the first of its pages. `work` shows to those who have a role."""

    key: str
    title: str
    entries: Sequence[Entry]

    @property
    def here(self) -> bool:
        """Whether the service belongs to it."""
        return any(entry.here for entry in self.entries)


_GERMAN = (
    Section(
        "now",
        "Stadt jetzt",
        (
            Entry("Überblick", ""),
            Entry("Karte", "karte"),
            Entry("In meiner Nähe", "naehe"),
            Entry("Messorte", "dinge"),
        ),
    ),
    Section(
        "data",
        "Daten",
        (
            Entry("Datensätze", "daten"),
            Entry("Daten-Fenster", "datenfenster", where="stories_public"),
            Entry("Diagramm", "diagramm"),
            Entry("Gewünschte Daten", "daten/anfragen"),
            Entry("Schnittstellen", "schnittstellen", here=True),
        ),
    ),
    Section(
        "about",
        "Über",
        (
            Entry("Über diese Seiten", "ueber"),
            Entry("Glossar", "glossar"),
            Entry("Quellen und Lizenzen", "quellen"),
            Entry("Barrierefreiheit", "barrierefreiheit"),
        ),
    ),
    Section("work", "Arbeit", (Entry("Arbeit", "arbeit"),)),
)
_ENGLISH: Mapping[str, str] = {
    "Stadt jetzt": "City now",
    "Überblick": "Overview",
    "Karte": "Map",
    "In meiner Nähe": "Near me",
    "Messorte": "Places",
    "Daten": "Data",
    "Datensätze": "Datasets",
    "Daten-Fenster": "Data stories",
    "Diagramm": "Chart",
    "Gewünschte Daten": "Requested data",
    "Schnittstellen": "Interfaces",
    "Über": "About",
    "Über diese Seiten": "About these pages",
    "Glossar": "Glossary",
    "Quellen und Lizenzen": "Sources and licences",
    "Barrierefreiheit": "Accessibility",
    "Arbeit": "Work",
}


def of(dress: Dress, *, language: str) -> list[Section]:
    """What this visitor's menu has."""
    shown = [section for section in _GERMAN if section.key != "work" or dress.works]
    return [
        Section(
            section.key,
            _said(section.title, language),
            [
                Entry(_said(entry.title, language), entry.path, entry.here)
                for entry in section.entries
                if not entry.where or dress.properties.get(entry.where)
            ],
        )
        for section in shown
    ]


def _said(text: str, language: str) -> str:
    return _ENGLISH.get(text, text) if language == "en" else text


def across(sections: Sequence[Section], *, home: str) -> str:
    """The sections, one beside the other."""
    return "".join(
        f'<a href="{home}{section.entries[0].path}"{_TRUE if section.here else ""}>'
        f"{escape(section.title)}</a>"
        for section in sections
    )


def folded(sections: Sequence[Section], *, home: str) -> str:
    """The sections with their pages, one below the other."""
    return "".join(
        f'<p class="sk-menu__section" id="menue-{section.key}">{escape(section.title)}</p>'
        f'<ul aria-labelledby="menue-{section.key}">{_entries(section, home)}</ul>'
        for section in sections
    )


def inside(sections: Sequence[Section], *, home: str) -> str:
    """The pages of the section that the service belongs to."""
    section = next(section for section in sections if section.here)
    return (
        f'<nav class="sk-inside" aria-label="{escape(section.title)}">'
        f'<ul class="sk-width">{_entries(section, home)}</ul></nav>'
    )


def _entries(section: Section, home: str) -> str:
    return "".join(
        f'<li><a href="{home}{entry.path}"{_PAGE if entry.here else ""}>{escape(entry.title)}</a></li>'
        for entry in section.entries
    )


_TRUE, _PAGE = ' aria-current="true"', ' aria-current="page"'
