# SPDX-License-Identifier: EUPL-1.2
"""Writes of the glossary: add, change and remove a term."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import problems, statements
from stadtkern.core.database import Connection

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LONGEST_KEY = 60


class TermStandsThere(problems.Problem):
    """The glossary explains this word already.

    Change the entry that is there, or add the spelling to it.
    """

    status = 409


def key_of(name: str) -> str:
    """`Grundwasserstand (NHN)` → `grundwasserstand-nhn`; the last part of the term's address."""
    spelled = unicodedata.normalize("NFKD", name.lower().translate(_UMLAUTS))
    plain = "".join(sign for sign in spelled if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_KEY].strip("-") or "begriff"


async def add(
    connection: Connection,
    *,
    by: int,
    name: Mapping[str, str],
    also: Mapping[str, Sequence[str]],
    short: Mapping[str, str],
    long: Mapping[str, str],
) -> str:
    """Explain a new word; returns its key. Raises TermStandsThere."""
    about = _about(by, key_of(name["de"]), name, also, short, long)
    async with connection.transaction():
        if await (await connection.execute(_sql("add_term"), about)).fetchone() is None:
            raise TermStandsThere()
    return str(about["key"])


async def change(
    connection: Connection,
    *,
    by: int,
    key: str,
    name: Mapping[str, str],
    also: Mapping[str, Sequence[str]],
    short: Mapping[str, str],
    long: Mapping[str, str],
) -> None:
    """Explain a word otherwise; its address stays. Raises NotFound."""
    async with connection.transaction():
        about = _about(by, key, name, also, short, long)
        if await (await connection.execute(_sql("change_term"), about)).fetchone() is None:
            raise problems.NotFound()


async def remove(connection: Connection, *, key: str) -> None:
    """Take a word out. Raises NotFound."""
    async with connection.transaction():
        if await (await connection.execute(_sql("remove_term"), {"key": key})).fetchone() is None:
            raise problems.NotFound()


def _about(
    by: int,
    key: str,
    name: Mapping[str, str],
    also: Mapping[str, Sequence[str]],
    short: Mapping[str, str],
    long: Mapping[str, str],
) -> dict[str, Any]:
    texts: dict[str, Mapping[str, Any]] = {"name": name, "also": also, "short": short, "long": long}
    kept = {
        field: Jsonb({code: text for code, text in said.items() if text}) for field, said in texts.items()
    }
    return {"key": key, "person_id": by, **kept}


def _sql(name: str) -> Any:
    return statements.load("city")[name]
