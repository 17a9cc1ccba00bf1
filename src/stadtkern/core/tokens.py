# SPDX-License-Identifier: EUPL-1.2
"""Tokens for machines: made with a narrow purpose, shown once, kept only as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from stadtkern.core import access, problems, statements
from stadtkern.core.database import Connection

PREFIX = "sk_"
# Tells a token's secret once, to whoever keeps a broker in front; it is written down nowhere.
CHANNEL = "stadtkern_token"


class UnknownDataset(problems.Problem):
    """There is no dataset with this key.

    `stadtkern dataset list` shows those that exist.
    """

    status = 404


class NoScope(problems.Problem):
    """A token needs at least one dataset and one verb; there is no token for everything.

    Name them with `--dataset KEY --verb create`.
    """

    status = 422


class NotForSingleStreams(problems.Problem):
    """A token for single datastreams cannot have the verb `entities`.

    Things, Sensors and the datastreams themselves belong to the whole dataset: leave the verb out, or make a
    token for the dataset.
    """

    status = 422


class NewToken(NamedTuple):
    """A token just made. The secret is not kept: show it now or never."""

    id: int
    secret: str


async def create(
    connection: Connection,
    *,
    name: str,
    scopes: Mapping[int, Sequence[str]],
    streams: Mapping[int, Sequence[int]] | None = None,
    default_dataset_id: int | None = None,
    expires_at: datetime | None = None,
    person_id: int | None = None,
    organisation_id: int | None = None,
) -> NewToken:
    """Make a token with verbs per dataset id. Raises NoScope, NotForSingleStreams.

    `streams`: datastreams by dataset id; in these datasets the verbs hold for their observations only.
    `person_id`: on whose behalf it asks; `organisation_id`: whose device it is. Neither may ever do more than
    the person may, or anything outside the organisation's datasets.
    """
    streams = streams or {}
    _check(scopes, streams)
    sql = statements.load("core")
    secret = PREFIX + secrets.token_urlsafe(32)
    async with connection.transaction():
        cursor = await connection.execute(sql["create_principal"], {"kind": "token", "name": name})
        principal_id = _one(await cursor.fetchone())
        cursor = await connection.execute(
            sql["create_token"],
            {
                "principal_id": principal_id,
                "name": name,
                "secret_hash": access.hash_secret(secret),
                "default_dataset_id": default_dataset_id,
                "expires_at": expires_at,
                "person_id": person_id,
                "organisation_id": organisation_id,
            },
        )
        token_id = _one(await cursor.fetchone())
        for dataset_id, verbs in scopes.items():
            ids = sorted(set(streams[dataset_id])) if dataset_id in streams else None
            values = {
                "token_id": token_id, "dataset_id": dataset_id, "verbs": list(dict.fromkeys(verbs)),
                "datastream_ids": ids,
            }  # fmt: skip
            await connection.execute(sql["create_token_scope"], values)
        if person_id is None:
            await hand_over(connection, token_id=token_id, secret=secret)
    return NewToken(token_id, secret)


def _check(scopes: Mapping[int, Sequence[str]], streams: Mapping[int, Sequence[int]]) -> None:
    if not scopes or any(not verbs for verbs in scopes.values()):
        raise NoScope()
    unknown = {verb for verbs in scopes.values() for verb in verbs} - set(access.VERBS)
    if unknown:
        raise NoScope(f"unknown verb {', '.join(sorted(unknown))}; there are {', '.join(access.VERBS)}")
    if any("entities" in scopes.get(dataset_id, ()) for dataset_id in streams):
        raise NotForSingleStreams()


async def hand_over(connection: Connection, *, token_id: int, secret: str) -> None:
    """Let a broker in front know a secret when the transaction commits; nobody keeps it."""
    payload = msgspec.json.encode({"id": token_id, "secret": secret}).decode()
    await connection.execute(statements.load("core")["hand_over_token"], {"payload": payload})


async def revoke(connection: Connection, *, token_id: int) -> bool:
    """End a token at once; False where it was not valid any more."""
    cursor = await connection.execute(statements.load("core")["revoke_token"], {"token_id": token_id})
    return await cursor.fetchone() is not None


def _one(row: tuple[int] | None) -> int:
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return row[0]


async def everything(connection: Connection) -> list[tuple[object, ...]]:
    """All tokens, newest first: number, name, made, valid until, ended, last used, rights."""
    return await (await connection.execute(statements.load("core")["list_tokens"])).fetchall()
