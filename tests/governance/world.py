# SPDX-License-Identifier: EUPL-1.2
"""Three rooms that are alike but for a strange word each, and everybody who could ask about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stadtkern.catalogue import operations as records
from stadtkern.core import access, datasets, tokens
from stadtkern.core.database import Connection
from stadtkern.features import operations as collections
from stadtkern.features.entities import Column
from stadtkern.things import entities
from tests import people
from tests.governance import told
from tests.insights import factories

ROOMS = ("public", "internal", "restricted")
WORDS = {"public": "Offenheim", "internal": "Innenbach", "restricted": "Geheimtal", "missing": "Nirgendau"}
KEYS = {room: word.lower() for room, word in WORDS.items()}
# Ids of hidden things cannot be mistaken for a status or a count.
FIRST_ID = {"internal": 6_123_456_701, "restricted": 7_123_456_701}
MISSING = 8_123_456_789
MISSING_UUID = "00000000-0000-4000-8000-000000000000"
# In the month in which those of the world are, as far as their numbers say.
MISSING_OBSERVATION = 1_640_471_348_642_999
_OBSERVATION = "SELECT min(id) FROM things.observation WHERE datastream_id = %s"
TERMS = "Nur für die Verkehrsplanung."


@dataclass
class Somebody:
    """Who asks: a session or a token, the rooms they may see, and those of which they only know."""

    name: str
    sees: frozenset[str]
    cookie: str = ""
    token: str = ""
    principal: access.Principal = access.ANONYMOUS
    refused: bool = False
    knows: frozenset[str] = frozenset()

    @property
    def headers(self) -> dict[str, str]:
        """What a plain HTTP client sends."""
        if self.token:
            return {"authorization": f"Bearer {self.token}"}
        return {"cookie": f"sessionid={self.cookie}"} if self.cookie else {}

    @property
    def hidden(self) -> tuple[str, ...]:
        """The rooms they must not learn of."""
        return tuple(room for room in ROOMS if room not in self.sees)


@dataclass
class World:
    """What stands in which room: values for the addresses by room, and who asks."""

    connection: Connection
    now: datetime
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    askers: dict[str, Somebody] = field(default_factory=dict)
    towns: dict[str, factories.Town] = field(default_factory=dict)

    async def ask(self, statement: str, *values: Any) -> Any:
        """The one value of a statement."""
        row = await (await self.connection.execute(statement.encode(), list(values))).fetchone()
        assert row is not None
        return row[0]


async def build_room(world: World, room: str) -> None:
    """A dataset in one of the rooms, with a Thing, a series and whatever else has an address."""
    connection = world.connection
    word, key = WORDS[room], KEYS[room]
    if room in FIRST_ID:
        for table in {"core.dataset"} | {entity.table for entity in entities.ENTITIES if entity.owned}:
            await connection.execute(f"ALTER TABLE {table} ALTER id RESTART WITH {FIRST_ID[room]}".encode())
    if room == "restricted":
        await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
    inside = {"restricted": "tresor"}.get(room, room)
    about = {**factories.ABOUT, "title": {"de": f"Werte aus {word}"}, "attribution": f"Amt {word}"}
    dataset = await datasets.save(connection, key=key, room=inside, about=about)
    world.datasets[room] = dataset
    town = factories.Town(connection, dataset_id=dataset, now=world.now)
    thing = await town.thing(f"Zählstelle {word}", kind="bicycle_counter", point=(7.6, 51.97))
    scale = {"public": 1, "internal": 300, "restricted": 5000}[room]
    stream = await town.stream(
        thing, name=f"Räder {word}", observes=f"Fahrräder {word}", definition=factories.BICYCLES,
        symbol="Räder/h", kind="count", rows=factories.hours(world.now, days=3, scale=scale),
    )  # fmt: skip
    if room != "public":
        await town.stream(
            int(world.values["public"]["thing"]), name=f"Verborgen {word}", observes=f"Laub {word}",
            definition=factories.SOIL, symbol="kg", kind="state",
            rows=factories.hours(world.now, days=2, scale=9),
        )  # fmt: skip
    await _describe(world, room, about)
    uuid = await world.ask("SELECT uuid::text FROM core.dataset WHERE id = %s", dataset)
    world.towns[room] = town
    world.values[room] = {
        "thing": str(thing), "stream": str(stream), "key": key, "uuid": uuid, "word": word,
        "dataset": str(dataset), "room": inside, "observation": str(await world.ask(_OBSERVATION, stream)),
    }  # fmt: skip
    await told.picture(connection, thing_id=thing, of=word)
    await told.rating(connection, dataset_id=dataset, key=key, of=word)
    if room == "public":
        await told.stories(connection, streams={room: stream, **FIRST_ID}, tables=KEYS)
    first = str(FIRST_ID.get(room, ""))[:7]
    world.marks[room] = tuple(mark for mark in (word, key, uuid, first) if mark)


async def _describe(world: World, room: str, about: Mapping[str, Any]) -> None:
    """The record of the dataset in the catalogue, and a collection of features in it."""
    connection, dataset, word = world.connection, world.datasets[room], WORDS[room]
    await records.adopt(connection, dataset_id=dataset, about=about)
    await records.change(
        connection, by=None, dataset_id=dataset, keywords={"de": [word, "Verkehr"]}, themes=["TRAN"],
        hvd_categories=["http://data.europa.eu/bna/c_b79e35eb"],
    )  # fmt: skip
    if room in FIRST_ID:
        await connection.execute(
            f"ALTER TABLE features.collection ALTER id RESTART WITH {FIRST_ID[room]}".encode()
        )
    made = await collections.create(
        connection, dataset_id=dataset, key=KEYS[room], title={"de": f"Bäume in {word}"}, geometry="Point",
        columns=[Column(name="name", type="text"), Column(name="height", type="number")],
    )  # fmt: skip
    point = {"type": "Point", "coordinates": [7.6, 51.97]}
    rows = [(f"Baum {n} {word}", float(n), point) for n in range(3)]
    await collections.load(connection, collection=made, batches=[rows], mode="replace")


def missing() -> dict[str, str]:
    """Values that lead nowhere."""
    number = str(MISSING)
    return {
        "thing": number, "stream": number, "dataset": number, "key": KEYS["missing"], "uuid": MISSING_UUID,
        "word": WORDS["missing"], "room": "nirgends", "observation": str(MISSING_OBSERVATION),
    }  # fmt: skip


async def people_of(world: World) -> None:
    """Everybody with a session."""
    connection, askers = world.connection, world.askers
    public, internal = frozenset({"public"}), frozenset({"public", "internal"})
    askers["anonymous"] = Somebody("anonymous", public)
    _add(askers, "without membership", public, await people.person(connection))
    for role in ("reader", "editor", "steward", "publisher", "administrator"):
        _add(askers, role, internal, await people.person(connection, role=role))
    _add(askers, "partner", public, await people.person(connection, role="administrator", kind="partner"))
    left = await people.person(connection, role="steward")
    _add(askers, "left", public, left)
    over = await people.person(connection, role="reader")
    _add(askers, "session over", public, over)
    await connection.execute(
        "UPDATE core.session SET expires_at = now() - interval '1 s' WHERE principal_id = %s", [over.id]
    )
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [left.id])


async def members_of(world: World) -> None:
    """People and organisations in the restricted room: let in, not let in, not any more, and not yet."""
    connection, askers = world.connection, world.askers
    public, inside = frozenset({"public"}), frozenset({"public", "restricted"})
    member = await people.person(connection)
    await people.grant(connection, room="tresor", principal_id=member.id)
    _add(askers, "member", inside, member)
    colleague = await people.person(connection, role="reader", kind="partner")
    assert colleague.organisation_id is not None
    await people.grant(connection, room="tresor", principal_id=colleague.organisation_id)
    _add(askers, "member's colleague", inside, colleague)
    former = await people.person(connection, role="steward", organisation_id=colleague.organisation_id)
    await connection.execute("DELETE FROM core.membership WHERE person_id = %s", [former.id])
    _add(askers, "former colleague", public, former)
    for name, starts, ends in (("ended", "-2 days", "-1 day"), ("not yet", "1 day", "2 days")):
        somebody = await people.person(connection)
        await connection.execute(
            "INSERT INTO core.room_grant (room_id, principal_id, starts_at, expires_at)"
            " SELECT id, %s, now() + %s::interval, now() + %s::interval FROM core.room WHERE key = 'tresor'",
            [somebody.id, starts, ends],
        )
        _add(askers, name, public, somebody)
    elsewhere = await people.person(connection)
    await datasets.save_room(connection, key="nebenan", kind="restricted", title={"de": "Nebenan"})
    await people.grant(connection, room="nebenan", principal_id=elsewhere.id)
    _add(askers, "member of another room", public, elsewhere)
    await _narrow(world)


async def _narrow(world: World) -> None:
    """A grant for another dataset of the same room, and one whose terms were not accepted."""
    connection, public = world.connection, frozenset({"public"})
    other = await datasets.save(connection, key="nebensache", room="tresor", about={})
    narrow = await people.person(connection)
    await connection.execute(
        "INSERT INTO core.room_grant (room_id, principal_id, dataset_ids)"
        " SELECT id, %s, %s FROM core.room WHERE key = 'tresor'",
        [narrow.id, [other]],
    )
    _add(world.askers, "granted another dataset", public, narrow)
    world.askers["granted another dataset"].knows = frozenset({"restricted"})


async def tokens_of(world: World) -> None:
    """Tokens with and without the scope, revoked, over, as members, and of people who lost their right."""
    connection, askers = world.connection, world.askers
    public, inside = frozenset({"public"}), frozenset({"public", "restricted"})
    hidden, open_ = world.datasets["restricted"], world.datasets["public"]

    async def make(name: str, sees: frozenset[str], dataset: int, **more: Any) -> tokens.NewToken:
        made = await tokens.create(connection, name=name, scopes={dataset: ["read"]}, **more)
        askers[name] = Somebody(name, sees, token=made.secret, principal=await _holder(world, made.id))
        return made

    await make("token", inside, hidden)
    await make("token without scope", public, open_)
    revoked = await make("revoked token", public, hidden)
    await tokens.revoke(connection, token_id=revoked.id)
    await make("token over", public, hidden, expires_at=world_time(-1))
    for name in ("revoked token", "token over"):
        askers[name].refused = True
    admitted = await make("token as member", inside, open_)
    await people.grant(
        connection, room="tresor",
        principal_id=await world.ask("SELECT principal_id FROM core.token WHERE id = %s", admitted.id),
    )  # fmt: skip
    await make("member's token", inside, hidden, person_id=askers["member"].principal.id)
    await make(
        "token of somebody who left", public, hidden, person_id=askers["former colleague"].principal.id
    )
    await make("token of another organisation's device", public, hidden,
               organisation_id=await people.organisation(connection))  # fmt: skip


def world_time(days: int) -> datetime:
    """So many days from the database's present, which is not the frozen time of the pages."""
    return datetime.now().astimezone() + timedelta(days=days)


async def _holder(world: World, token_id: int) -> access.Principal:
    number = await world.ask("SELECT principal_id FROM core.token WHERE id = %s", token_id)
    return access.Principal(kind="token", id=number, token_id=token_id)


def _add(askers: dict[str, Somebody], name: str, sees: frozenset[str], somebody: people.Somebody) -> None:
    askers[name] = Somebody(name, sees, cookie=somebody.cookie, principal=somebody.principal)


def fill(template: str, values: Mapping[str, str]) -> str:
    """An address made from a template."""
    return template.format(**values)
