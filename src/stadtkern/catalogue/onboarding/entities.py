# SPDX-License-Identifier: EUPL-1.2
"""A delivery on its way into a dataset, and the plan that deliveries share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from stadtkern.ingest.imports import compose, mapping, sites, tables
from stadtkern.ingest.imports.survey import drift, privacy
from stadtkern.ingest.imports.survey.story import Quality
from stadtkern.ingest.imports.survey.survey import Survey

State = Literal[
    "arrived", "looked", "to_check", "checked", "to_load", "done", "held", "refused", "failed", "discarded"
]
WORK: frozenset[State] = frozenset(("arrived", "to_check", "to_load"))
Target = Literal["table", "features", "series", "stations"]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a dataset that is made from a file."""

    title: str
    description: str
    licence: str
    attribution: str = ""
    room: str = "internal"
    publish: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What people chose for this file and those that follow it."""

    target: Target
    table: tables.Table
    series: compose.Series | None = None
    sites: sites.Sites | None = None
    """Of a list of stations: to which dataset it belongs."""
    part: str = ""
    least: int = privacy.LEAST
    about: About | None = None
    automatic: bool = True
    """Whether later deliveries without deviation are stored at once."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a file turned out to be."""

    kind: str
    survey: Survey
    part: str = ""
    parts: list[str] = []
    srid: int | None = None
    typed: bool = False
    fixed: mapping.File | None = None
    """The layout that somebody has set; None where it was guessed."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What the check of the whole file brought."""

    quality: Quality
    privacy: list[privacy.Finding] = []


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a delivery did not go on: a code with facts, and what the reader said."""

    code: str
    detail: str = ""
    facts: dict[str, Any] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a steward decided about what could concern people."""

    verdict: Literal["allowed", "refused"]
    reason: str
    by: str
    at: datetime
    codes: list[str] = []


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What deliveries have in common."""

    id: int
    uuid: UUID
    organisation_id: int
    owner_id: int | None
    dataset_id: int | None
    title: str
    url: str
    every: timedelta | None
    plan: Plan | None = None
    shape: drift.Shape | None = None
    owner: str = ""
    dataset_key: str = ""
    dataset_state: str = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    id: int
    uuid: UUID
    state: State
    file_name: str
    size: int
    part: str
    progress: float
    found: Found | None
    checked: Checked | None
    changes: list[drift.Change]
    problem: Trouble | None
    decision: Decision | None
    rows: int
    created_at: datetime
    updated_at: datetime
    by_id: int | None
    recipe: Recipe

    @property
    def working(self) -> bool:
        """Whether it is being worked on without anybody."""
        return self.state in WORK

    @property
    def undecided(self) -> bool:
        """Whether a steward has to decide before it is stored."""
        return bool(self.checked and self.checked.privacy) and self.decision is None

    @property
    def later(self) -> bool:
        """Whether another delivery of the recipe was stored before."""
        return self.recipe.shape is not None


def delivery(row: tuple[Any, ...]) -> Delivery:
    """A delivery from its row."""
    return Delivery(
        id=row[0],
        uuid=row[1],
        state=row[2],
        file_name=row[3],
        size=row[4],
        part=row[5],
        progress=row[6],
        found=_read(row[7], Found),
        checked=_read(row[8], Checked),
        changes=msgspec.convert(row[9] or [], list[drift.Change]),
        problem=_read(row[10], Trouble),
        decision=_read(row[11], Decision),
        rows=row[12],
        created_at=row[13],
        updated_at=row[14],
        by_id=row[28],
        recipe=Recipe(
            id=row[15],
            uuid=row[16],
            organisation_id=row[17],
            owner_id=row[18],
            dataset_id=row[19],
            title=row[20],
            url=row[21],
            every=row[22],
            plan=_read(row[23], Plan),
            shape=_read(row[24], drift.Shape),
            owner=row[25] or "",
            dataset_key=row[26] or "",
            dataset_state=row[27] or "",
        ),
    )


def _read(document: Any, form: Any) -> Any:
    return None if document is None else msgspec.convert(document, form)
