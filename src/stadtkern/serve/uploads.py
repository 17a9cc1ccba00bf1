# SPDX-License-Identifier: EUPL-1.2
"""Lets people who may edit send large files to the pages that take them, and nobody else."""

from __future__ import annotations

import re
from http import cookies
from typing import Any

from stadtkern.core.settings import Settings
from stadtkern.serve.front import Uploads
from stadtkern.serve.proxy import Scope

_TAKES_FILES = re.compile(
    r"(/en)?/arbeit/(import/(neu|[0-9a-f-]{36}/lieferung)|daten/[-\w]{1,200}/dateien/(neu|[0-9]{1,10}/neu))"
)
_WORKS = "SELECT EXISTS (SELECT FROM core.membership WHERE person_id = %s AND role <> 'reader')"
_ROUND_ABOUT = 65_536
"""What a form needs besides its file."""


def limit(*, plane: Any, settings: Settings) -> Uploads:
    """How many bytes a request may have, by address and session; `plane` knows who is signed in."""

    async def most(scope: Scope) -> int:
        if scope["method"] != "POST" or not _TAKES_FILES.fullmatch(scope["path"]):
            return 0
        session = _session(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
        if not session:
            return 0
        principal = await plane.state.gate.principal(authorization=None, cookie=session)
        if principal.kind != "person":
            return 0
        async with plane.state.pool.connection() as connection:
            row = await (await connection.execute(_WORKS, [principal.id])).fetchone()
        return settings.upload_limit + _ROUND_ABOUT if row and row[0] else 0

    return most


def _session(header: str) -> str:
    try:
        found = cookies.SimpleCookie(header).get("sessionid")
    except cookies.CookieError:
        return ""
    return found.value if found else ""
