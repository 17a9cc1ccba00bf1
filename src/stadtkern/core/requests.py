# SPDX-License-Identifier: EUPL-1.2
"""How many requests each surface answered, how, and how long that took."""

from __future__ import annotations

from stadtkern.core import metrics

_SECONDS = metrics.REGISTRY.histogram(
    "stadtkern_http_request_seconds",
    "Time until the whole answer was sent; of `live`, how long the stream was open.",
    "surface",
    "method",
    "status",
)
_METHODS = frozenset(("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"))
_MOST = 500
_known: dict[tuple[str, str, int], metrics.Histogram] = {}


def note(surface: str, method: str, status: int, seconds: float) -> None:
    """One request was answered; `surface` is one of our words, `method` what somebody sent."""
    key = (surface, method, status)
    known = _known.get(key)
    if known is None:
        if len(_known) > _MOST:  # methods that somebody makes up
            _known.clear()
        known = _SECONDS.at(surface, method if method in _METHODS else "other", str(status))
        _known[key] = known
    known.observe(seconds)
