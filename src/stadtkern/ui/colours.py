# SPDX-License-Identifier: EUPL-1.2
"""The city's own colour: checked for contrast (WCAG 2.2, 1.4.3), and its shades for light and dark pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.core import problems

Rgb = tuple[float, float, float]
NEEDED = 4.5
# Where a city has not chosen its own.
OWN = "#04705a"
_FORM = re.compile(r"#[0-9a-f]{6}")
# The least favourable grounds on which the colour stands, KERN's neutral 050 and 850, and what lies between.
_LIGHT, _WHITE, _DARK, _BLACK, _SURFACE = "#e8e9ef", "#ffffff", "#272a42", "#131525", "#1d2034"
_STEPS = 100


class ColourIsTooPale(problems.Problem):
    """This colour cannot be read on light ground.

    Take a darker shade; the nearest one that can be read is named above.
    """

    status = 422


class Shades(msgspec.Struct, frozen=True, kw_only=True):
    """The colour, its soft shade and what is written on it, for light and for dark pages."""

    light: str
    light_soft: str
    on_light: str
    dark: str
    dark_soft: str
    on_dark: str


def chosen(properties: Mapping[str, Any]) -> str:
    """The colour among a city's properties, or ours where it has chosen none."""
    return str(properties.get("accent") or OWN)


def contrast(one: str, other: str) -> float:
    """From 1 to 21, as WCAG computes it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def readable(colour: str) -> str:
    """The colour itself where it can be read on light pages, or the nearest darker shade of it that can."""
    return _towards(colour, "#000000", ground=_LIGHT)


def shades(colour: str) -> Shades:
    """What pages use. Raises ColourIsTooPale with the nearest colour; ValueError for what is no `#rrggbb`."""
    if not _FORM.fullmatch(colour):
        raise ValueError(colour)
    if (nearest := readable(colour)) != colour:
        raise ColourIsTooPale(nearest)
    dark = _towards(colour, _WHITE, ground=_DARK)
    return Shades(
        light=colour,
        light_soft=_mixed(colour, _WHITE, 0.88),
        on_light=_WHITE,
        dark=dark,
        dark_soft=_mixed(dark, _SURFACE, 0.8),
        on_dark=_BLACK,
    )


def stylesheet(colour: str) -> str:
    """The custom properties that replace those of the common stylesheet."""
    found = shades(colour)
    light = f"--sk-accent:{found.light};--sk-accent-soft:{found.light_soft};--sk-on-accent:{found.on_light}"
    dark = f"--sk-accent:{found.dark};--sk-accent-soft:{found.dark_soft};--sk-on-accent:{found.on_dark}"
    return (
        f":root,.sk-scheme--light{{{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}.sk-scheme--light{{{light}}}}}"
        f".sk-scheme--dark{{{dark}}}"
    )


def _towards(colour: str, end: str, *, ground: str) -> str:
    steps = (_mixed(colour, end, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in steps if contrast(shade, ground) >= NEEDED)


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * share)):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> Rgb:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255
