# SPDX-License-Identifier: EUPL-1.2
"""What harvesting is about: sources, what a source says of a dataset, pages of it, and what came of a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Kind = Literal["dcat", "ckan"]
State = Literal["running", "done", "failed", "abandoned"]


def tell(code: str, **facts: Any) -> str:
    """What went wrong, as it is stored: a code of `words`, and its facts as JSON."""
    return code + (f" {msgspec.json.encode(facts).decode()}" if facts else "")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue somewhere else, and how it is taken in. `lease` says that a run of it is ours."""

    id: int
    title: str
    url: str
    kind: Kind
    organisation_id: int
    room_key: str
    publish: bool
    every_hours: int
    grace_days: int
    lease: UUID | None = None


class Found(msgspec.Struct, kw_only=True):
    """One dataset as a source describes it: fields of entities.Metadata and entities.Distribution.

    `identifier` tells it from all others of the source; `notes` say what was left out.
    """

    identifier: str
    modified: datetime | None = None
    metadata: dict[str, Any] = {}
    forms: list[dict[str, Any]] = []
    notes: list[str] = []


class Page(msgspec.Struct, kw_only=True):
    """Datasets of one page, what could not be read in it, and where the next one is."""

    found: list[Found] = []
    refused: list[tuple[str, str]] = []
    further: str = ""


class Tally(msgspec.Struct, kw_only=True):
    """What came of a run so far."""

    pages: int = 0
    found: int = 0
    created: int = 0
    changed: int = 0
    refused: int = 0
    missing: int = 0
    withdrawn: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a source."""

    id: int
    state: State
    started_at: datetime
    ended_at: datetime | None
    tally: Tally
    message: str


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """A source with its last run, and how many records it has."""

    source: Source
    active: bool
    next_at: datetime
    running: bool
    organisation: str
    last: Run | None
    records: int
    missing: int


def run(row: Any) -> Run:
    """A run from its row in the database."""
    names = ("pages", "found", "created", "changed", "refused", "missing", "withdrawn")
    tally = Tally(**dict(zip(names, row[4:11], strict=True)))
    return Run(id=row[0], state=row[1], started_at=row[2], ended_at=row[3], tally=tally, message=row[11])


def overview(row: Any) -> Overview:
    """A source with its last run from its row in the database."""
    names = (
        "id",
        "title",
        "url",
        "kind",
        "organisation_id",
        "room_key",
        "publish",
        "every_hours",
        "grace_days",
    )
    given: Mapping[str, Any] = dict(zip(names, row[:9], strict=True))
    return Overview(
        source=Source(**given),
        active=row[9],
        next_at=row[10],
        running=bool(row[11]),
        organisation=row[12],
        last=None if row[13] is None else run(row[13:25]),
        records=row[25],
        missing=row[26],
    )
