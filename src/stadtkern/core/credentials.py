# SPDX-License-Identifier: EUPL-1.2
"""Reads the token in the header of a request."""

from __future__ import annotations

import base64
import contextlib

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
