# SPDX-License-Identifier: EUPL-1.2
"""What clients are told and have not acknowledged, kept in the database without the documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.store import batch
from stadtkern.things.topics.changes import Changes

if TYPE_CHECKING:
    from stadtkern.ingest.doors.session import Session

MOST_MESSAGES = 1_000
MOST_CHARACTERS = 1_048_576
_AT_A_TIME = 100
_MICROSECOND = timedelta(microseconds=1)


class Reference(NamedTuple):
    """A document to be told: its topic and the id of what it shows.

    Of an observation also its datastream and its time in microseconds since 1970, by which it is found.
    """

    topic: str
    number: int
    stream: int = 0
    time: int = 0


class Parcel:
    """What one client is told of one batch of changes; `open` is what it has not acknowledged."""

    __slots__ = ("begun", "id", "open")

    def __init__(self, number: int, references: Iterable[Reference]):
        self.id = number
        self.open: dict[Reference, None] = dict.fromkeys(references)
        self.begun = False


def reference(topic: str, number: int, changes: Changes) -> Reference:
    """Refer to what changed."""
    place = changes.places.get(number)
    if place is None:
        return Reference(topic, number)
    return Reference(topic, number, place[0], (place[1] - batch.EPOCH) // _MICROSECOND)


def observed(changes: Changes, found: Reference) -> None:
    """Take an observation in again, with where it lies if that is known."""
    if found.stream:
        changes.observed(found.number, found.stream, batch.EPOCH + timedelta(microseconds=found.time))
    else:
        changes.put("Observation", [found.number])


async def put(connection: Connection, due: Mapping[Session, Sequence[Reference]]) -> Mapping[Session, Parcel]:
    """Keep what sessions that last are to be told; of one that is not noted itself nothing is kept."""
    sessions = {session.key: session for session in due if session.lasting}
    if not sessions:
        return {}
    newest = {session: due[session][-MOST_MESSAGES:] for session in sessions.values()}
    params = {
        "token_ids": [key[0] for key in sessions],
        "client_ids": [key[1] for key in sessions],
        "messages": [len(newest[session]) for session in sessions.values()],
        "told": [Jsonb(_told(newest[session])) for session in sessions.values()],
    }
    made: dict[Session, Parcel] = {}
    async with connection.transaction():
        cursor = await connection.execute(statements.load("ingest")["keep_parcels"], params)
        for token_id, client_id, number in await cursor.fetchall():
            session = sessions[token_id, client_id]
            made[session] = Parcel(number, newest[session])
    return made


async def trim(connection: Connection, session: Session) -> None:
    """Forget the oldest of what waits for a client that is away, where it has become too much."""
    if session.held <= MOST_MESSAGES * 3 // 2 and session.held_size <= MOST_CHARACTERS * 3 // 2:
        return
    params = {
        "token_id": session.key[0], "client_id": session.key[1],
        "messages": MOST_MESSAGES, "characters": MOST_CHARACTERS,
    }  # fmt: skip
    async with connection.transaction():
        cursor = await connection.execute(statements.load("ingest")["trim_parcels"], params)
        row = await cursor.fetchone()
    session.held, session.held_size = (row[0], 0) if row else (0, 0)


async def of(connection: Connection, session: Session, *, behind: int) -> tuple[list[Parcel], int]:
    """The next parcels of a client behind that number, with what is neither acknowledged nor under way.

    Also the number behind which it goes on, 0 where there are no more.
    """
    params = {
        "token_id": session.key[0], "client_id": session.key[1], "behind": behind, "limit": _AT_A_TIME,
    }  # fmt: skip
    async with connection.transaction():
        cursor = await connection.execute(statements.load("ingest")["parcels_of"], params)
        rows = await cursor.fetchall()
    arrived, found = set(session.arrived), []
    for number, told in rows:
        if number in arrived:
            continue
        known = session.parcels.get(number)
        found.append(known if known is not None else Parcel(number, _references(told)))
    return found, rows[-1][0] if rows else 0


async def sweep(connection: Connection, sessions: Iterable[Session]) -> None:
    """Forget what has arrived."""
    arrived = {session: tuple(session.arrived) for session in sessions if session.arrived}
    if not arrived:
        return
    ids = [number for numbers in arrived.values() for number in numbers]
    async with connection.transaction():
        await connection.execute(statements.load("ingest")["drop_parcels"], {"ids": ids})
    for session, numbers in arrived.items():
        del session.arrived[: len(numbers)]


def _told(references: Sequence[Reference]) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {}
    for topic, number, stream, time in references:
        told.setdefault(topic, []).append([number, stream, time] if stream else number)
    return told


def _references(told: Mapping[str, Sequence[Any]]) -> Iterable[Reference]:
    for topic, those in told.items():
        for each in those:
            yield Reference(topic, *each) if isinstance(each, list) else Reference(topic, each)
