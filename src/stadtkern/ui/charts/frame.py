# SPDX-License-Identifier: EUPL-1.2
"""What all charts are drawn into: as wide as their place, with words for who cannot see them."""

from __future__ import annotations

from django.utils.safestring import SafeString

from stadtkern.ui.drawing import element

# Units that the shapes are drawn in from side to side, however wide the place is.
WIDE = 1000.0


def stretched(*shapes: SafeString, height: int) -> SafeString:
    """Shapes that become as wide as the place; words would be pulled out of shape and stand beside them."""
    return element(
        "svg",
        *shapes,
        x="0",
        y="0",
        width="100%",
        height=height,
        viewBox=f"0 0 {WIDE:.0f} {height}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def figure(
    *parts: SafeString,
    name: str,
    title: str,
    description: str,
    height: int,
    class_: str,
    scaled: int | None = None,
) -> SafeString:
    """The chart; `name` makes its ids. With `scaled`, so many units fill the place, words as well.

    Without a description where the same words stand beside it: nobody wants to hear them twice.
    """
    said = [element("desc", description, id=f"{name}-desc")] if description else []
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        *said,
        # Of a picture its name is read out, not each number on its axes.
        element("g", *parts, aria_hidden="true"),
        class_=class_,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc" if description else f"{name}-title",
        width="100%",
        height=None if scaled else height,
        viewBox=f"0 0 {scaled} {height}" if scaled else None,
    )
