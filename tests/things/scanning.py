# SPDX-License-Identifier: EUPL-1.2
"""What the scanner finds in the body of a data array, which all faster ways must find, too."""

from __future__ import annotations

import json
from typing import Any

from stadtkern.core.problems import Problem
from stadtkern.things.api.arrays import scan


def scanned(body: bytes, *, window: int) -> list[tuple[int, Any]] | None:
    """Group and value of each row; None where the body is refused."""
    scanner = scan.Scanner()
    try:
        for begin in range(0, len(body), window):
            scanner.feed(body[begin : begin + window])
        scanner.finish()
    except Problem:
        return None
    found = []
    for piece in scanner.pieces:
        values = json.loads(b"[" + body[piece.begin : piece.end] + b"]")
        assert len(values) == piece.size
        found += [(piece.group, value) for value in values]
    return found
