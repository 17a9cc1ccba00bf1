# SPDX-License-Identifier: EUPL-1.2
"""One measured figure, the goal it has, and the reference that tells a slow machine from slow code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. `reference` is in the same unit, taken in the same run on the same machine."""

    name: str
    value: float
    unit: str
    reference: float
    reference_is: str
    goal: float | None = None
    goal_is: Literal["at least", "below"] = "below"
    of_reference: bool = False
    """The goal is for the ratio to the reference, not for the value."""

    @property
    def ratio(self) -> float:
        """Value to reference."""
        return self.value / self.reference if self.reference else 0.0

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        if self.goal is None:
            return None
        judged = self.ratio if self.of_reference else self.value
        return judged >= self.goal if self.goal_is == "at least" else judged < self.goal


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one run, with what is needed to read them."""

    at: datetime
    commit: str
    machine: str
    command: str
    load: float
    """Load average of the machine before the run; where it is not near zero, figures come out too low."""
    figures: list[Figure]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the (unsorted) values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    rows = ["| figure | measured | goal | reached | reference | ratio |", "|---|--:|--:|:-:|---|--:|"]
    rows += [_row(figure) for figure in figures]
    return "\n".join(rows)


def _row(figure: Figure) -> str:
    goal = "–"
    if figure.goal is not None:
        sign = "≥" if figure.goal_is == "at least" else "<"
        goal = (
            f"{sign} {figure.goal} ×"
            if figure.of_reference
            else f"{sign} {_short(figure.goal)} {figure.unit}"
        )
    reached = {True: "yes", False: "**no**", None: "–"}[figure.met]
    reference = f"{_short(figure.reference)} {figure.unit}: {figure.reference_is}"
    measured = f"{_short(figure.value)} {figure.unit}"
    return f"| {figure.name} | {measured} | {goal} | {reached} | {reference} | {figure.ratio:.2f} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
