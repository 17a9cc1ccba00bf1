# SPDX-License-Identifier: EUPL-1.2
"""The points of what stands in the editor: as the page shows them, and as they move while somebody types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stadtkern.catalogue import quality
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset

# Field of a metric → field of the form that brings its points.
_FIELDS = {
    "keywords": "keywords_de",
    "themes": "themes",
    "spatial": "place",
    "temporal": "temporal_from",
    "description": "description_de",
    "access_rights": "access_rights",
    "contact": "contact_email",
    "modified": "modified",
}


class Hint(msgspec.Struct, frozen=True):
    """What to do for how many points, and where."""

    points: int
    text: str
    target: str

    @property
    def said(self) -> str:
        """`+30: Schlagwort ergänzen`."""
        return f"+{self.points}: {self.text}"


class Standing(msgspec.Struct, frozen=True):
    """Where a dataset stands: points, words, what would bring more, and the hint of each field."""

    points: int
    level: str
    words: str
    hints: Sequence[Hint]
    fields: Mapping[str, str]


def standing(dataset: Dataset) -> Standing:
    """Look at a record, stored or not."""
    score = quality.score(dataset)
    hints = [_hint(metric) for metric in score.lacking]
    fields = dict.fromkeys(_FIELDS.values(), "")
    for hint in hints:
        if hint.target in fields:
            fields[hint.target] = " · ".join(filter(None, (fields[hint.target], hint.said)))
    return Standing(score.points, score.level, wording.level_in_words(score), hints, fields)


def with_values(dataset: Dataset, values: Mapping[str, Any]) -> Dataset:
    """The record as it would be with these fields of the metadata."""
    return msgspec.structs.replace(dataset, **values)


def _hint(metric: quality.Metric) -> Hint:
    return Hint(metric.lacking, str(wording.METRICS[metric.name]), _FIELDS.get(metric.field, metric.field))
