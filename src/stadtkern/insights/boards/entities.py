# SPDX-License-Identifier: EUPL-1.2
"""Boards as visitors and editors know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from stadtkern.identity.permissions import Person
from stadtkern.insights.cockpit import definitions
from stadtkern.insights.cockpit.definitions import Audience, Content, View

# Lowest first: who may see one may see those before it.
AUDIENCES: tuple[Audience, ...] = (
    "public", "internal", "editor", "steward", "publisher", "administrator",
)  # fmt: skip
FRONT = "stadt-jetzt"


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A board with the content of one version."""

    id: int
    key: str
    front: bool
    published: int | None
    newest: int
    content: Content

    @property
    def open(self) -> bool:
        """Whether there are changes that nobody has published yet."""
        return self.published != self.newest


class Draft(Board, frozen=True, kw_only=True):
    """A board as its editors left it."""

    removed_at: datetime | None
    made_at: datetime
    made_by: str | None


class Version(msgspec.Struct, frozen=True):
    """What was done to a board, by whom and when, and when everybody saw it first."""

    number: int
    step: str
    made_at: datetime
    made_by: str | None
    published_at: datetime | None


def audiences(person: Person | None) -> list[Audience]:
    """Whose boards somebody may look at: the city's own people see theirs, partners of the city do not."""
    found: list[Audience] = ["public"]
    if person is not None:
        found += ["internal"] if person.serves(role="reader") else []
        found += [role for role in AUDIENCES[2:] if person.serves(role=role)]
    return found


def closer(content: Content, *, seen: Sequence[Audience]) -> bool:
    """Whether whoever looks at the boards of these audiences may look at this one as experts do."""
    return content.experts in seen if content.experts else True


def opened(content: Content, *, seen: Sequence[Audience], asked: View | None = None) -> tuple[Content, View]:
    """What stands on a board for them, and in which view: as asked for, as far as they may."""
    if closer(content, seen=seen) and (asked or content.view) == "expert":
        return content, "expert"
    return definitions.overview(content), "overview"
