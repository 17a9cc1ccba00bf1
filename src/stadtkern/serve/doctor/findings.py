# SPDX-License-Identifier: EUPL-1.2
"""What a check has found: how it stands, what was seen, and what to do."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "warning", "wrong"]


class Finding(msgspec.Struct, frozen=True):
    """One line of the doctor's letter; the remedy is empty where nothing needs to be done."""

    name: str
    state: State
    seen: str
    remedy: str = ""


def ok(name: str, seen: str) -> Finding:
    """All is well."""
    return Finding(name, "ok", seen)


def warning(name: str, seen: str, remedy: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(name, "warning", seen, remedy)


def wrong(name: str, seen: str, remedy: str) -> Finding:
    """It does not work, or soon will not."""
    return Finding(name, "wrong", seen, remedy)


def size(number: float) -> str:
    """Bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"
