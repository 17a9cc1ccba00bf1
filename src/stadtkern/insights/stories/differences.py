# SPDX-License-Identifier: EUPL-1.2
"""What changed from one version of a story to the next, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Literal

import msgspec
from django.utils.translation import gettext

from stadtkern.insights.stories import forms, tiles
from stadtkern.insights.stories.entities import Told


class Line(msgspec.Struct, frozen=True):
    """A line of the story: as before, gone, or new."""

    how: Literal["same", "gone", "new"]
    text: str


_HOW: Mapping[str, Literal["same", "gone", "new"]] = {" ": "same", "-": "gone", "+": "new"}


def between(before: Told | None, after: Told) -> list[Line]:
    """All lines of both; the first version is new as a whole."""
    compared = difflib.ndiff(_lines(before) if before else [], _lines(after))
    return [Line(_HOW[line[0]], line[2:]) for line in compared if line[0] in _HOW]


def _lines(told: Told) -> list[str]:
    names = {"title": gettext("Titel"), "summary": gettext("In zwei Sätzen")}
    found = [
        f"{name} ({code}): {text}"
        for field, name in names.items()
        for code, text in sorted(getattr(told, field).items())
    ]
    for block in told.blocks:
        found.append(f"▸ {forms.NAMES[block.kind]} {block.source}".rstrip())
        found += tiles.lines(block.tile) if block.tile else []
        for code, text in sorted(block.text.items()):
            found += [f"({code}) {line}" for line in text.split("\n") if line.strip()]
    return found
