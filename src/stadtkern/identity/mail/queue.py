# SPDX-License-Identifier: EUPL-1.2
"""Lets mails wait in the database, in the transaction of what they tell of; needs no Django."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.core.database import Connection

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

LASTS = timedelta(days=7)
MOST_LETTERS = 254  # of an address (RFC 5321, 4.5.3.1.3)


class Letter(NamedTuple):
    """One of many mails of a kind."""

    address: str
    language: str
    facts: Mapping[str, Any]


async def put(
    connection: Connection,
    *,
    kind: str,
    address: str = "",
    person_id: int | None = None,
    language: str = "de",
    facts: Mapping[str, Any] | None = None,
    sealed: bytes | None = None,
    lasts: timedelta = LASTS,
) -> None:
    """Let a mail wait; it exists if and only if the caller's transaction commits.

    `kind` names the text, `package/name`. It goes to `address`, or to whatever address the person has then.
    A person reads it in the language of their account where they chose one, else in `language`.
    After `lasts` it is not sent any more.
    """
    values = row(
        kind=kind, address=address, person_id=person_id, language=language, facts=facts, sealed=sealed,
        lasts=lasts,
    )  # fmt: skip
    await connection.execute(statements.load("identity")["put_mail"], values)


async def put_to_many(connection: Connection, *, kind: str, letters: Iterable[Letter]) -> None:
    """Let mails of one kind wait, one for each address; others, such as of a lost password, pass them."""
    rows = [
        row(
            kind=kind, address=each.address, person_id=None, language=each.language, facts=each.facts,
            sealed=None, lasts=LASTS, bulk=True,
        )
        for each in letters
    ]  # fmt: skip
    async with connection.cursor() as cursor:
        await cursor.executemany(statements.load("identity")["put_mail"], rows)


def row(
    *,
    kind: str,
    address: str,
    person_id: int | None,
    language: str,
    facts: Mapping[str, Any] | None,
    sealed: bytes | None,
    lasts: timedelta,
    bulk: bool = False,
) -> dict[str, Any]:
    """The values of a mail that waits."""
    return {
        "kind": kind,
        "address": address[: MOST_LETTERS + 1] or None,
        "person_id": person_id,
        "language": language,
        "facts": Jsonb(dict(facts or {})),
        "sealed": sealed,
        "bulk": bulk,
        "lasts": lasts,
    }


def seal(facts: Mapping[str, Any], *, key: str) -> bytes:
    """Encrypt what would open something to whoever reads the database. `key`: the installation's secret."""
    return _cipher(key).encrypt(msgspec.json.encode(facts))


def unseal(sealed: bytes, *, key: str) -> dict[str, Any]:
    """The counterpart. Raises cryptography's InvalidToken where the installation's key was changed."""
    return msgspec.json.decode(_cipher(key).decrypt(sealed), type=dict[str, Any])


def _cipher(key: str) -> Fernet:
    from cryptography.fernet import Fernet  # large, and needed by few

    return Fernet(
        base64.urlsafe_b64encode(hashlib.sha256(b"stadtkern.identity.mail" + key.encode()).digest())
    )
