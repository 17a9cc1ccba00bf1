# SPDX-License-Identifier: EUPL-1.2
"""Mails to people without an account: addresses to confirm and to leave with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from django.conf import settings

from stadtkern.core.database import Connection
from stadtkern.identity.mail import queue

Purpose = Literal["confirm", "leave", "reply"]
_LETTERS = 32
# RFC 8058: a mail program leaves with one request of this body, without asking anybody.
ONE_CLICK = ("List-Unsubscribe", "One-Click")


def token(uuid: UUID, purpose: Purpose, *, key: str) -> str:
    """The secret end of an address; nothing of it has to be stored. `key`: the installation's secret."""
    return uuid.hex + _mac(uuid, purpose, key)


def read(given: str, purpose: Purpose) -> UUID | None:
    """What an address stands for; None for one that is not ours."""
    try:
        uuid = UUID(given[:32])
    except ValueError:
        return None
    good = hmac.compare_digest(given[32:].encode(), _mac(uuid, purpose, settings.SECRET_KEY).encode())
    return uuid if good else None


def leaving(address: str) -> dict[str, str]:
    """The headers by which a mail program leaves for whoever reads it (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "=".join(ONE_CLICK)}


async def send(
    connection: Connection,
    *,
    name: str,
    address: str,
    language: str,
    facts: Mapping[str, Any],
    sealed: Mapping[str, Any] | None = None,
) -> None:
    """Let a mail `catalogue/<name>` wait for an address."""
    await queue.put(
        connection,
        kind=f"catalogue/{name}",
        address=address,
        language=language,
        facts=facts,
        sealed=queue.seal(sealed, key=settings.SECRET_KEY) if sealed else None,
    )


def _mac(uuid: UUID, purpose: Purpose, key: str) -> str:
    digest = hmac.new(key.encode(), f"catalogue.letters:{purpose}:".encode() + uuid.bytes, hashlib.sha256)
    return digest.hexdigest()[:_LETTERS]
