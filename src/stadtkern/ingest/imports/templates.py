# SPDX-License-Identifier: EUPL-1.2
"""Fills `{name}` and `{table.column}` in the texts of a mapping; plain substitution, nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FIELD = re.compile(r"\{([^{}.]+(?:\.[^{}]+)?)\}")


def fill(text: str, *, values: Mapping[str, str]) -> str:
    """Replace each known field; unknown: `{table.column}` becomes `{0}`, others stay as they are."""

    def found(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        return values.get("0", "") if "." in name else match[0]

    return _FIELD.sub(found, text)


def fill_all(value: Any, *, values: Mapping[str, str]) -> Any:
    """Fill the texts inside lists and tables too."""
    if isinstance(value, str):
        return fill(value, values=values)
    if isinstance(value, dict):
        return {key: fill_all(inner, values=values) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill_all(inner, values=values) for inner in value]
    return value
