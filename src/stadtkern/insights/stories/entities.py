# SPDX-License-Identifier: EUPL-1.2
"""A story, its versions, and the blocks that each is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from stadtkern.insights.cockpit.definitions import Definition

Kind = Literal["text", "diagram", "values", "tile", "map"]
KINDS: tuple[Kind, ...] = ("text", "diagram", "values", "tile", "map")
MOST_BLOCKS = 40


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a story. `source`: which diagram, which series, which kind of places, by kind of block.

    `tile`: what a tile is about, as boards say it.
    """

    kind: Kind
    text: Mapping[str, str] = {}
    source: str = ""
    tile: Definition | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a version says; texts are keyed by language."""

    title: Mapping[str, str]
    summary: Mapping[str, str] = {}
    blocks: tuple[Block, ...] = ()


class Public(msgspec.Struct, frozen=True, kw_only=True):
    """A story as everybody sees it."""

    id: int
    key: str
    number: int
    told: Told
    at: datetime
    first_at: datetime


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A story at one time, and who made it so."""

    number: int
    told: Told
    note: str
    at: datetime
    by: str
    by_id: int | None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A story as those who work on it see it."""

    id: int
    key: str
    public_number: int | None
    public_at: datetime | None
    asked_number: int | None
    asked_by: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line in the list of those who work on stories."""

    story: Story
    number: int
    title: Mapping[str, str]
    at: datetime
    by: str

    @property
    def ahead(self) -> bool:
        """Whether there is something newer than what everybody sees."""
        return self.story.public_number is not None and self.number > self.story.public_number


def told(title: Any, summary: Any, blocks: Any) -> Told:
    """From what the database keeps."""
    return msgspec.convert({"title": title, "summary": summary, "blocks": blocks}, Told)


def kept(blocks: Sequence[Block]) -> list[Any]:
    """As the database keeps them."""
    found: list[Any] = msgspec.to_builtins(list(blocks))
    return found
