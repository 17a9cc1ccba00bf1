# SPDX-License-Identifier: EUPL-1.2
"""What was found in a table: findings with a code, how often, where first, and what follows from it."""

from __future__ import annotations

from typing import Literal

import msgspec

Weight = Literal["blocks", "corrected", "left_out", "hint"]

WEIGHTS: dict[str, Weight] = {
    "no_rows": "blocks",
    "encoding": "blocks",
    "words": "blocks",
    "mostly_refused": "blocks",
    "key_twice": "blocks",
    "key_missing": "blocks",
    "geometry_mostly_missing": "blocks",
    "time_missing": "blocks",
    "time_twice": "blocks",
    "no_station": "blocks",
    "station_twice": "blocks",
    "station_unknown": "left_out",
    "station_fixed": "left_out",
    "value": "left_out",
    "day": "left_out",
    "width": "left_out",
    "cells": "left_out",
    "time": "left_out",
    "gap": "left_out",
    "range": "left_out",
    "fold": "left_out",
    "closed": "left_out",
    "policy": "left_out",
    "geometry_broken": "left_out",
    "mixed_places": "left_out",
    "geometry_invalid": "corrected",
    "coordinates_swapped": "corrected",
    "extra_cells": "corrected",
    "code": "corrected",
    "duplicate": "left_out",
    "dst_fold": "corrected",
    "dst_fold_kept": "corrected",
    "counter_reset": "corrected",
    "flagged": "hint",
    "missing": "hint",
    "empty": "hint",
    "constant": "hint",
    "outlier": "hint",
    "rows_twice": "hint",
    "geometry_missing": "hint",
    "far_away": "hint",
    "place_turned": "hint",
    "gaps": "hint",
    "reset": "hint",
    "jump": "hint",
    "standstill": "hint",
    "zeros": "hint",
    "moving": "hint",
    "no_series": "hint",
    "station_missing": "hint",
}
"""Code → what it means for the import; the words for people belong to the pages."""


class Finding(msgspec.Struct, kw_only=True):
    """One kind of trouble in one column (or in the file, where `column` is empty)."""

    code: str
    column: str = ""
    n: int = 0
    line: int = 0
    """Line of the file where it comes first; 0 where that says nothing."""
    example: str = ""

    @property
    def weight(self) -> Weight:
        """What follows from it."""
        return WEIGHTS.get(self.code, "hint")


class Quality(msgspec.Struct, kw_only=True):
    """The quality report of a delivery."""

    rows: int = 0
    """Rows that can be stored."""
    values: int = 0
    findings: list[Finding] = []

    def note(self, code: str, *, column: str = "", n: int = 1, line: int = 0, example: str = "") -> None:
        """Count a finding; the first line and example stay."""
        for known in self.findings:
            if known.code == code and known.column == column:
                known.n += n
                if code == "words" and len(known.example) < 60 and example not in known.example.split(", "):
                    known.example = f"{known.example}, {example}"[:80]
                return
        self.findings.append(Finding(code=code, column=column, n=n, line=line, example=example[:80]))

    def of(self, weight: Weight) -> list[Finding]:
        """Findings of one weight."""
        return [finding for finding in self.findings if finding.weight == weight]

    @property
    def blocked(self) -> bool:
        """Whether something has to be settled before anything is stored."""
        return any(finding.weight == "blocks" for finding in self.findings)
