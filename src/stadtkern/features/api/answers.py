# SPDX-License-Identifier: EUPL-1.2
"""Responses: documents, pages, and what went wrong (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from stadtkern.core import problems

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html; charset=utf-8"
_encode = msgspec.json.Encoder().encode
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Crs, Content-Disposition, ETag, Link",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Accept, Accept-Language, Authorization, Cookie",
}
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)


class NotPossibleHere(problems.Problem):
    """The method does not fit this address.

    The features are read only: use GET, HEAD or OPTIONS.
    """

    status = 405

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"Allow": "GET, HEAD, OPTIONS"}, **extra)


class NoSuchForm(problems.Problem):
    """There is no such form of this resource.

    The parameter `f` takes json and html; leave it out to have the header Accept decide.
    """


def document(value: Any, *, kind: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document."""
    return Response(_encode(value), headers={**_OPEN, **(headers or {})}, media_type=kind)


def page(
    text: str, *, language: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page for people."""
    own = {"Content-Security-Policy": _POLICY, "Content-Language": language, "Referrer-Policy": "same-origin"}
    return Response(
        text.encode(), status_code=status, headers={**_OPEN, **(headers or {}), **own}, media_type=HTML
    )


def failure(problem: problems.Problem) -> Response:
    """What was wrong, where, and how to mend it."""
    return Response(
        _encode(problem.document()),
        status_code=problem.status,
        headers={**_OPEN, **problem.headers},
        media_type="application/problem+json",
    )


def allowed() -> Response:
    """What may be asked here, from other origins too."""
    headers = {
        **_OPEN,
        "Allow": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Accept, Accept-Language, If-None-Match, Range",
    }
    return Response(status_code=204, headers=headers)


def open_headers() -> dict[str, str]:
    """The headers of every answer."""
    return dict(_OPEN)


def wants_page(form: str | None, accept: str | None) -> bool:
    """Whether a page is wanted rather than a document. Raises NoSuchForm."""
    if form is not None:
        if form not in ("json", "html"):
            raise NoSuchForm(f"{form[:40]!r}", where="f")
        return form == "html"
    weights = {"text/html": 0.0, "application/json": 0.0, "application/geo+json": 0.0}
    for part in (accept or "").split(","):
        name, _, rest = part.strip().lower().partition(";")
        if name.strip() in weights:
            weights[name.strip()] = _quality(rest)
    return weights["text/html"] > max(weights["application/json"], weights["application/geo+json"])


def _quality(parameters: str) -> float:
    for item in parameters.split(";"):
        key, _, value = item.strip().partition("=")
        if key == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
