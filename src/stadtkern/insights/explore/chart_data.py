# SPDX-License-Identifier: EUPL-1.2
"""The numbers of a chart for the browser, where they can be read off one by one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from stadtkern.insights.explore.history import History, value
from stadtkern.insights.explore.picture import unit
from stadtkern.insights.streams import Stream
from stadtkern.ui.spans import Span


def document(*, stream: Stream, span: Span, history: History) -> dict[str, Any]:
    """Points as [milliseconds, value]; None between pieces keeps gaps open."""
    points: list[list[float | None]] = []
    for piece in history.pieces:
        if points:
            points.append([piece[0].start.timestamp() * 1000 - 1, None])
        points += [
            [p.start.timestamp() * 1000, value(p, stream=stream, bucket=history.bucket)] for p in piece
        ]
    return {
        "kind": stream.kind,
        "unit": unit(stream, history.bucket),
        "digits": stream.digits,
        "days": span.length.total_seconds() / 86400,
        "points": points,
        "usual": [[mark.at.timestamp() * 1000, mark.value] for mark in history.usual],
        "labels": {"value": stream.property_name or stream.name, "usual": gettext("üblich")},
    }
