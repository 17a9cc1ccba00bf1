# SPDX-License-Identifier: EUPL-1.2
"""What changed from one version of a story to the next, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Literal

import msgspec
from django.utils.translation import gettext

from stadtkern.city import languages
from stadtkern.insights.boards import sources
from stadtkern.insights.stories import forms, tiles
from stadtkern.insights.stories.entities import Block, Kind, Told


class Line(msgspec.Struct, frozen=True):
    """A line of the story: as before, gone, or new."""

    how: Literal["same", "gone", "new"]
    text: str


# What sources show, in words.
Named = Mapping[tuple[Kind, str], str]
_HOW: Mapping[str, Literal["same", "gone", "new"]] = {" ": "same", "-": "gone", "+": "new"}


def between(before: Told | None, after: Told, *, named: Named) -> list[Line]:
    """All lines of both; the first version is new as a whole. `named`: what each source shows, in words."""
    compared = difflib.ndiff(_lines(before, named) if before else [], _lines(after, named))
    return [Line(_HOW[line[0]], line[2:]) for line in compared if line[0] in _HOW]


def source(block: Block) -> tuple[Kind, str]:
    """Where a part takes its data from, that of a tile as well."""
    return block.kind, sources.query(sources.of_tile(block.tile)) if block.tile else block.source


def _lines(told: Told, named: Named) -> list[str]:
    names = {"title": gettext("Titel"), "summary": gettext("In zwei Sätzen")}
    found = [
        f"{name}{_in(code)}: {text}"
        for field, name in names.items()
        for code, text in sorted(getattr(told, field).items())
    ]
    for block in told.blocks:
        shows = named.get(source(block)) or source(block)[1]
        found.append(f"▸ {forms.NAMES[block.kind]}" + (f": {shows}" if shows else ""))
        found += tiles.lines(block.tile) if block.tile else []
        for code, text in sorted(block.text.items()):
            found += [f"{line}{_in(code)}" for line in text.split("\n") if line.strip()]
    return found


def _in(language: str) -> str:
    """The language of a line, where it is not the one that most is written in."""
    names = {"en": gettext("Englisch"), languages.EASY: gettext("Leichte Sprache")}
    return f" ({names.get(language, language)})" if language != languages.FIRST else ""
