# SPDX-License-Identifier: EUPL-1.2
"""The smallest pictures: a sparkline beside a figure, a bar that shows a share."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString

from stadtkern.ui import drawing
from stadtkern.ui.drawing import element


def spark(values: Sequence[float | None], *, title: str, height: int = 48) -> SafeString:
    """A line without axes; None leaves a gap."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or 1.0
    step = 1000.0 / max(len(values) - 1, 1)
    lines: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            lines.append([])
        else:
            lines[-1].append((index * step, 4 + (height - 8) * (1 - (value - low) / span)))
    shapes = [element("path", class_="line", d=drawing.path(line)) for line in lines if len(line) > 1]
    return element(
        "svg",
        element("title", title),
        *shapes,
        class_="sk-chart",
        role="img",
        width="100%",
        height=height,
        viewBox=f"0 0 1000 {height}",
        preserveAspectRatio="none",
    )


def share(value: float, *, title: str, usual: float | None = None) -> SafeString:
    """A bar filled to `value` (0 to 1), with a notch at the usual share; without a title, an ornament."""
    filled = max(0.0, min(1.0, value)) * 100
    notch = (
        []
        if usual is None
        else [
            element(
                "rect",
                class_="usual",
                x=f"{max(0.0, min(1.0, usual)) * 100 - 0.5:.1f}%",
                width="3",
                height="10",
            )
        ]
    )
    return element(
        "svg",
        *([element("title", title)] if title else []),
        element("rect", class_="back", width="100%", height="10", rx="5"),
        element("rect", class_="fill", width=f"{filled:.1f}%", height="10", rx="5"),
        *notch,
        class_="sk-share",
        role="img" if title else None,
        aria_hidden=None if title else "true",
    )
