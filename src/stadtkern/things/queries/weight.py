# SPDX-License-Identifier: EUPL-1.2
"""How much an answer weighs: an entity counts in every place where it stands, not once for being read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

import msgspec

from stadtkern.things.queries.problems import AnswerTooLarge
from stadtkern.things.representation import Document

# Entities in one answer, and how many bytes of one that is repeated count as one more.
MOST = 50_000
BYTES = 1_000


def of(documents: Iterable[Document]) -> list[int]:
    """The weight of each document by itself: 1, and 1 more for every thousand bytes of its texts."""
    return [
        1 + sum(len(value) for value in document.values() if isinstance(value, (str, msgspec.Raw))) // BYTES
        for document in documents
    ]


def together(weights: Sequence[int], lengths: Iterable[int]) -> list[int]:
    """The sums over runs of weights that follow each other."""
    totals = [0, *accumulate(weights)]
    return [totals[end] - totals[start] for start, end in pairwise(accumulate(lengths, initial=0))]


def check(weights: Iterable[int]) -> None:
    """Refuse before it is written what would be too large. Raises AnswerTooLarge."""
    if (weight := sum(weights)) > MOST:
        raise AnswerTooLarge(
            f"the answer weighs {weight}; at most {MOST}, where an entity counts in every place that it"
            f" stands in, and {BYTES} bytes of a repeated one count as one more"
        )
