# SPDX-License-Identifier: EUPL-1.2
"""SVG as text: elements with escaped attributes, never with inline styles, which the CSP forbids."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Value = str | float | int


def element(name: str, *children: str, **attributes: Value | None) -> SafeString:
    """One element; `class_` and names with `_` become `class` and names with `-`; plain text is escaped."""
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = "".join(child if isinstance(child, SafeString) else escape(child) for child in children)
    return mark_safe(f"<{name}{''.join(parts)}>{inner}</{name}>")  # noqa: S308 – everything inside is escaped


def path(points: Iterable[tuple[float, float]]) -> str:
    """The `d` of a line through the points."""
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _short(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
    return str(value)
