# SPDX-License-Identifier: EUPL-1.2
"""Reads the token or the session in the headers of a request."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterable

_COOKIE = "sessionid"
FORMS = "the header Authorization takes the form `Bearer <token>`, or Basic with it as password"


def secret(authorization: str) -> str | None:
    """The token in a header: as a bearer, or as the password of basic authentication, whoever the user is."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    if kind.lower() == "basic":
        with contextlib.suppress(ValueError):
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2] or None
    return None


def session(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The session that the headers of a request name in a cookie, read in one pass (RFC 6265, 5.4)."""
    found = None
    for name, value in headers:
        if name != b"cookie":
            continue
        for pair in value.decode("latin-1").split(";"):
            key, _, content = pair.partition("=")
            if key.strip() == _COOKIE:
                found = content.strip().strip('"')
    return found
