# SPDX-License-Identifier: EUPL-1.2
"""Who asks, and what may they see: one predicate for every table alias of every statement."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import audit, credentials, listening, problems, statements, times
from stadtkern.core.database import Connection
from stadtkern.core.rights import ANONYMOUS as ANONYMOUS
from stadtkern.core.rights import VERBS as VERBS
from stadtkern.core.rights import Principal as Principal
from stadtkern.core.rights import Rights as Rights
from stadtkern.core.rights import Scope as Scope
from stadtkern.core.rights import Verb as Verb

CHANNEL = "stadtkern_access"
_CACHED_PRINCIPALS = 10_000
# A token in constant use is looked up so often, so that the day of its last use stays right.
_KNOWN_FOR = timedelta(hours=1)


class Unauthorised(problems.Problem):
    """Writing needs a valid token.

    Send the header `Authorization: Bearer <token>`, or the token as the password of basic authentication.
    Make a token with `stadtkern token create`.
    """

    status = 401

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extra)


class Forbidden(problems.Problem):
    """The token does not allow this here.

    Ask for a token with the missing verb on this dataset.
    """

    status = 403


class _Known(NamedTuple):
    version: int
    scope: Scope
    expiry: times.Expiry
    closed: frozenset[int]


class _Held(NamedTuple):
    """What a token may do, in which of its datasets that are not for all, and on whose behalf."""

    rights: Rights
    closed: frozenset[int]
    person_id: int | None


def hash_secret(secret: str) -> bytes:
    """What is stored of a token or session. The secrets are long and random, so one round is enough."""
    return hashlib.sha256(secret.encode()).digest()


def check(
    *, rights: Rights, scope: Scope, dataset_id: int, verb: Verb, datastream_id: int | None = None
) -> None:
    """Let pass, or raise Forbidden, or NotFound for what may not be known to exist."""
    if rights.allow(verb, dataset_id=dataset_id, datastream_id=datastream_id):
        audit.touched(dataset_id)
        return
    seen = scope.allows(dataset_id) or (dataset_id, datastream_id) in scope.streams
    if not seen and not rights.know(dataset_id=dataset_id, datastream_id=datastream_id):
        raise problems.NotFound()
    raise Forbidden(f"the token lacks the verb `{verb}` on this dataset")


class Gate:
    """Answers questions of access from a cache that every change of rights empties."""

    def __init__(self, *, pool: AsyncConnectionPool[Connection]):
        self._pool = pool
        self._sql = statements.load("core")
        self._scopes: dict[tuple[int | None, int | None], _Known] = {}
        self._principals: dict[bytes, tuple[Principal, times.Expiry]] = {}
        self._rights: dict[int, _Held] = {}
        # Of tokens that ask on somebody's behalf: what that person leaves of their rights, and until when.
        self._behalf: dict[int, tuple[_Held, times.Expiry]] = {}
        self._listener = listening.Listener(pool=pool, channel=CHANNEL, news=self._changed, lost=self._forget)
        self._epoch = 0

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    @property
    def epoch(self) -> int:
        """Changes whenever somebody's rights may have changed; long-lived streams recheck then."""
        return self._epoch

    async def scope(self, connection: Connection, principal: Principal) -> Scope:
        """What the principal may see now; asked of the version on this very connection, so never stale."""
        known = await self._known(connection, principal)
        if known.closed:
            audit.seen(principal_id=principal.id, token_id=principal.token_id, closed=known.closed)
        return known.scope

    async def _known(self, connection: Connection, principal: Principal) -> _Known:
        cursor = await connection.execute(self._sql["access_version"])
        row = await cursor.fetchone()
        version = row[0] if row else 0
        key = (principal.id, principal.token_id)
        known = self._scopes.get(key)
        if known is None or known.version != version or known.expiry.passed:
            known = self._scopes[key] = await self._look(connection, principal, version)
        return known

    async def _look(self, connection: Connection, principal: Principal, version: int) -> _Known:
        values = {"principal_id": principal.id, "token_id": principal.token_id}
        row = await (await connection.execute(self._sql["dataset_rights"], values)).fetchone()
        negated, ids, ends, closed = row if row is not None else (False, [], None, [])
        scope = Scope(tuple(ids), negated)
        if principal.token_id is not None:
            scope, more, until = await self._narrow(connection, scope, principal.token_id)
            closed, ends = [*closed, *more], min((end for end in (ends, until) if end), default=None)
        absent = await (await connection.execute(self._sql["absences"])).fetchall()
        scope = scope.without(absent)
        if len(self._scopes) >= _CACHED_PRINCIPALS:
            self._scopes.clear()
        return _Known(version, scope, times.Expiry(ends), frozenset(closed))

    async def _narrow(
        self, connection: Connection, scope: Scope, token_id: int
    ) -> tuple[Scope, list[int], datetime | None]:
        """The scope with single datastreams, which of their datasets are not for all, and until when.

        Whoever asks on somebody's behalf sees nothing of datasets that that person does not see.
        """
        cursor = await connection.execute(self._sql["token_streams"], {"token_id": token_id})
        streams: list[tuple[int, int]] = []
        closed: list[int] = []
        ends: list[datetime] = []
        for dataset_id, ids, person_id, expires_at, not_for_all in await cursor.fetchall():
            if person_id is not None:
                values = {"principal_id": person_id, "token_id": None}
                row = await (await connection.execute(self._sql["dataset_rights"], values)).fetchone()
                if row is None or not Scope(tuple(row[1]), row[0]).allows(dataset_id):
                    continue
                ends += [row[2]] if row[2] else []
            streams += [(dataset_id, number) for number in ids]
            closed += [dataset_id] if not_for_all else []
            ends += [expires_at] if expires_at else []
        scope = msgspec.structs.replace(scope, streams=tuple(sorted(streams)))
        return scope, closed, min(ends, default=None)

    async def principal(
        self, *, authorization: str | None, cookie: str | None = None, safe: bool = True
    ) -> Principal:
        """Who sends this. A session cookie counts only for safe requests. Raises Unauthorised."""
        if authorization:
            secret = credentials.secret(authorization)
            if secret is None:
                raise Unauthorised(credentials.FORMS)
            return await self._recognise("find_token", secret)
        if cookie and safe:
            try:
                return await self._recognise("find_session", cookie)
            except Unauthorised:
                return ANONYMOUS
        return ANONYMOUS

    def at_hand(self, *, digest: bytes) -> tuple[Rights, frozenset[int]] | None:
        """What the owner of this token may do, and in which datasets that is to be noted: not for all.

        None where that is not known; nobody is asked. `digest` is what is stored of the token.
        """
        kept = self._principals.get(digest)
        if kept is None or kept[1].passed or kept[0].token_id is None:
            return None
        held = self._rights.get(kept[0].token_id)
        if held is not None and held.person_id is not None:
            behalf = self._behalf.get(kept[0].token_id)
            held = None if behalf is None or behalf[1].passed else behalf[0]
        return None if held is None else (held.rights, held.closed)

    async def require(
        self, principal: Principal, *, dataset_id: int, verb: Verb, datastream_id: int | None = None
    ) -> None:
        """Let pass, or raise Unauthorised, Forbidden, or NotFound for what may not be known to exist.

        `datastream_id`: the one datastream that it is about, with its observations.
        """
        rights = await self.rights(principal)
        if rights.allow(verb, dataset_id=dataset_id, datastream_id=datastream_id):
            audit.touched(dataset_id)
            return
        async with self._pool.connection() as connection:
            scope = await self.scope(connection, principal)
        check(rights=rights, scope=scope, dataset_id=dataset_id, verb=verb, datastream_id=datastream_id)

    async def rights(self, principal: Principal) -> Rights:
        """What a token may do. Raises Unauthorised for those without a token."""
        if principal.token_id is None:
            raise Unauthorised()
        epoch = self._epoch  # of before the first look: what changes between the two is then not kept
        held = self._rights.get(principal.token_id) or await self._load_rights(principal.token_id)
        if held.person_id is not None:  # whoever is behind it may have lost the room meanwhile
            held = await self._within(principal.token_id, held, held.person_id, epoch=epoch)
        rights, closed, _ = held
        if closed:
            audit.seen(principal_id=principal.id, token_id=principal.token_id, closed=closed)
        return rights

    async def _within(self, token_id: int, held: _Held, person_id: int, *, epoch: int) -> _Held:
        kept = self._behalf.get(token_id)
        if kept is not None and not kept[1].passed:
            return kept[0]
        async with self._pool.connection() as connection:
            theirs = await self._known(connection, Principal(kind="person", id=person_id))
        found = _Held(held.rights.within(theirs.scope), held.closed & theirs.closed, person_id)
        if self._listener.hearing and epoch == self._epoch and len(self._behalf) < _CACHED_PRINCIPALS:
            self._behalf[token_id] = found, theirs.expiry
        return found

    async def default_dataset(self, principal: Principal) -> int | None:
        """The dataset that new Things go to when nothing else says so."""
        return principal.default_dataset_id

    async def _load_rights(self, token_id: int) -> _Held:
        epoch = self._epoch
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(self._sql["token_verbs"], {"token_id": token_id})
            ).fetchall()
        rights = Rights(
            {dataset_id: frozenset(names) for dataset_id, ids, names, _, _ in rows if ids is None},
            {(dataset_id, i): frozenset(names) for dataset_id, ids, names, _, _ in rows for i in ids or ()},
        )
        closed = frozenset(dataset_id for dataset_id, _, _, closed, _ in rows if closed)
        found = _Held(rights, closed, rows[0][4] if rows else None)
        if self._listener.hearing and epoch == self._epoch:
            self._rights[token_id] = found
        return found

    async def _recognise(self, statement: str, secret: str) -> Principal:
        digest = hash_secret(secret)
        kept = self._principals.get(digest)
        if kept is not None and not kept[1].passed:
            return kept[0]
        epoch = self._epoch
        async with self._pool.connection() as connection:
            row = await (await connection.execute(self._sql[statement], {"secret_hash": digest})).fetchone()
            if row is None:
                raise Unauthorised("the token is unknown, expired or revoked")
            if statement == "find_session":
                return Principal(kind="person", id=row[0], name=row[1], expires_at=row[2])
            await connection.execute(self._sql["touch_token"], {"token_id": row[0]})
            await connection.commit()
        found = Principal(
            kind="token",
            token_id=row[0],
            id=row[1],
            name=row[2],
            default_dataset_id=row[3],
            expires_at=row[4],
        )
        if self._listener.hearing and epoch == self._epoch and len(self._principals) < _CACHED_PRINCIPALS:
            until = times.now() + _KNOWN_FOR
            ends = until if found.expires_at is None else min(found.expires_at, until)
            self._principals[digest] = found, times.Expiry(ends)
        return found

    def _forget(self) -> None:
        self._epoch += 1
        self._principals.clear()
        self._rights.clear()
        self._behalf.clear()
        self._scopes.clear()

    async def _changed(self, connection: Connection, heard: Sequence[str]) -> None:  # noqa: ARG002
        """Somebody's rights may be others; without a listener nothing is answered from the cache."""
        self._forget()
