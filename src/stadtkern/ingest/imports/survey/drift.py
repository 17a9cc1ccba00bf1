# SPDX-License-Identifier: EUPL-1.2
"""Compares a later delivery with the one its recipe was made for."""

from __future__ import annotations

from typing import Literal

import msgspec

from stadtkern.ingest.imports.survey.survey import Survey

_SHRUNK = 0.5
_COMPATIBLE = {("integer", "number"), ("date", "instant"), ("integer", "text"), ("number", "text")}


class Shape(msgspec.Struct, kw_only=True):
    """What a delivery looked like: labels with types, and how many rows it had."""

    columns: dict[str, str]
    rows: int = 0
    srid: int | None = None


class Change(msgspec.Struct, kw_only=True):
    """One difference between two deliveries."""

    code: Literal["gone", "new", "type", "shrunk", "srid"]
    column: str = ""
    before: str = ""
    now: str = ""


def shape_of(survey: Survey, *, rows: int) -> Shape:
    """What to remember of a delivery; an empty column has no type."""
    return Shape(
        columns={p.label: p.type if p.filled else "" for p in survey.profiles},
        rows=rows,
        srid=survey.place.place.srid if survey.place else None,
    )


def compare(*, before: Shape, now: Shape) -> list[Change]:
    """What changed: columns, types, reference system, and far fewer rows. Their order does not matter."""
    found = [Change(code="gone", column=label) for label in before.columns if label not in now.columns]
    found += [Change(code="new", column=label) for label in now.columns if label not in before.columns]
    for label, type_ in before.columns.items():
        other = now.columns.get(label, type_)
        if type_ and other and other != type_ and (other, type_) not in _COMPATIBLE:
            found.append(Change(code="type", column=label, before=type_, now=other))
    if before.rows and now.rows < _SHRUNK * before.rows:
        found.append(Change(code="shrunk", before=str(before.rows), now=str(now.rows)))
    if before.srid != now.srid:
        found.append(Change(code="srid", before=str(before.srid or ""), now=str(now.srid or "")))
    return found
