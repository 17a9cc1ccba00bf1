# SPDX-License-Identifier: EUPL-1.2
"""How good the metadata of a dataset are, by the 405 points of the European portal's assessment (MQA).

Points of forms are given by the share of forms that have what is asked. Whether addresses of others answer is
not tried here; ours do, theirs are taken to. https://data.europa.eu/mqa/methodology
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.entities import Dataset, Distribution, text_of

Level = Literal["excellent", "good", "sufficient", "bad"]
MOST = 405
_LEVELS: Sequence[tuple[int, Level]] = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))


class Metric(msgspec.Struct, frozen=True):
    """One thing that is looked at: `field` is what to change, `points` of `most` are reached."""

    name: str
    area: str
    field: str
    most: int
    points: int

    @property
    def lacking(self) -> int:
        """How many points more there could be."""
        return self.most - self.points


class Score(msgspec.Struct, frozen=True):
    """All metrics of a dataset."""

    metrics: Sequence[Metric]

    @property
    def points(self) -> int:
        """The sum, of 405."""
        return sum(metric.points for metric in self.metrics)

    @property
    def level(self) -> Level:
        """The portal's word for it."""
        return next(level for least, level in _LEVELS if self.points >= least)

    @property
    def lacking(self) -> list[Metric]:
        """What would bring more, the most first."""
        return sorted((each for each in self.metrics if each.lacking), key=lambda each: -each.lacking)

    def of(self, field: str) -> list[Metric]:
        """The metrics that a field of the editor has to do with."""
        return [metric for metric in self.metrics if metric.field == field]


def score(dataset: Dataset) -> Score:
    """Look at everything that is scored."""
    found = [
        Metric(name, area, field, most, most if reached(dataset) else 0)
        for name, area, field, most, reached in _OF_DATASET
    ]
    for name, area, field, most, fits in _OF_FORMS:
        forms = dataset.distributions
        share = sum(map(fits, forms)) / len(forms) if forms else 0.0
        found.append(Metric(name, area, field, most, round(most * share)))
    return Score(tuple(found))


def _conforms(dataset: Dataset) -> bool:
    """What DCAT-AP.de demands: title, description, and for each form an address and one licence."""
    said = bool(text_of(dataset.title) and text_of(dataset.description))
    return said and all(form.access_url and form.licence for form in dataset.distributions)


def _reachable(dataset: Dataset) -> bool:
    contact = dataset.contact
    return bool(contact.email or contact.url or contact.telephone or dataset.organisation.email)


def _of(form: Distribution) -> vocabularies.FileType | None:
    return vocabularies.file_types().get(form.format)


def _open(form: Distribution) -> bool:
    known = _of(form)
    return known is not None and known.open


def _readable(form: Distribution) -> bool:
    known = _of(form)
    return known is not None and known.readable


_OF_DATASET: Sequence[tuple[str, str, str, int, Callable[[Dataset], bool]]] = (
    ("keywords", "findability", "keywords", 30, lambda d: any(d.keywords.values())),
    ("themes", "findability", "themes", 30, lambda d: bool(d.themes)),
    ("spatial", "findability", "spatial", 20, lambda d: bool(d.spatial or d.municipality_key)),
    ("temporal", "findability", "temporal", 20, lambda d: bool(d.temporal_from or d.temporal_until)),
    ("conforms", "interoperability", "description", 30, _conforms),
    ("access_rights", "reusability", "access_rights", 10, lambda d: bool(d.access_rights)),
    (
        "access_rights_known",
        "reusability",
        "access_rights",
        5,
        lambda d: d.access_rights in vocabularies.codes("access_rights"),
    ),
    ("contact", "reusability", "contact", 20, _reachable),
    ("publisher", "reusability", "organisation", 10, lambda d: bool(text_of(d.organisation.name))),
    ("issued", "contextuality", "issued", 5, lambda d: d.issued is not None),
    ("modified", "contextuality", "modified", 5, lambda d: d.modified is not None or d.kind == "series"),
)
_OF_FORMS: Sequence[tuple[str, str, str, int, Callable[[Distribution], bool]]] = (
    ("access_url", "accessibility", "distributions", 50, lambda f: bool(f.access_url)),
    ("download_url", "accessibility", "distributions", 20, lambda f: bool(f.download_url)),
    ("download_answers", "accessibility", "distributions", 30, lambda f: bool(f.download_url)),
    ("format", "interoperability", "distributions", 20, lambda f: bool(f.format)),
    ("media_type", "interoperability", "distributions", 10, lambda f: bool(f.media_type)),
    (
        "format_known",
        "interoperability",
        "distributions",
        10,
        lambda f: f.format in vocabularies.file_types() and bool(f.media_type),
    ),
    ("open_format", "interoperability", "distributions", 20, _open),
    ("machine_readable", "interoperability", "distributions", 20, _readable),
    ("licence", "reusability", "distributions", 20, lambda f: bool(f.licence)),
    ("licence_known", "reusability", "distributions", 10, lambda f: f.licence in vocabularies.licences()),
    ("rights", "contextuality", "distributions", 5, lambda f: bool(f.rights or f.attribution)),
    ("byte_size", "contextuality", "distributions", 5, lambda f: f.byte_size is not None),
)
