# SPDX-License-Identifier: EUPL-1.2
"""A restricted room cannot be told from one that does not exist, at whatever door one asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from stadtkern.core import database as core_database
from stadtkern.things import entities
from tests.things import judging, twins
from tests.things.factories import City, datastream, location, restricted, thing

pytestmark = pytest.mark.anyio
Answers = dict[tuple[str, str], tuple[int, bytes]]


@dataclass(frozen=True)
class World:
    """Who asks, what was answered while nothing was hidden, and the ids of what is hidden now."""

    city: City
    secret: City
    askers: dict[str, City]
    public: dict[str, int]
    hidden: dict[str, list[int]]
    before: Answers


async def ask_everywhere(askers: dict[str, City], ids: dict[str, int]) -> Answers:
    """The answers to those without a room, with and without a token, at all doors."""
    found: Answers = {}
    for name, asker in list(askers.items())[:2]:
        for door in dict.fromkeys(twins.doors(ids)):
            answer = await asker.send("GET", door)
            judging.check(answer)
            found[name, door] = (answer.status_code, answer.content)
    return found


async def _far_ids(url: str) -> None:
    """Let the next ids be long ones that cannot be mistaken for a status or a count."""
    async with await core_database.connect(url=url, autocommit=True) as connection:
        for table in {entity.table for entity in entities.ENTITIES if entity.owned}:
            await connection.execute(f"alter table {table} alter id restart with 7123456701".encode())


@pytest.fixture(scope="module")
async def world(city: City, database: str, dataset: int) -> World:
    """A public city that was asked everything before a restricted room was built beside and into it."""
    secret = City(city.client, await restricted(database, key="secret", also={dataset: ("create",)}))
    other = City(city.client, await restricted(database, key="other"))
    askers = {"anonymous": city.anonymous(), "foreign token": city, "token of another room": other}
    await twins.build(city, name="public")
    public = await twins.first_ids(city)
    before = await ask_everywhere(askers, public)
    await _far_ids(database)
    await twins.build(secret, name="hidden")
    await twins.hang_in(secret, public)
    hidden: dict[str, list[int]] = {}
    for entity in entities.ENTITIES:
        seen = {item["@iot.id"] for item in await city.values(entity.set)}
        known = {item["@iot.id"] for item in await secret.values(entity.set)}
        hidden[entity.name] = sorted(known - seen)
    return World(city, secret, askers, public, hidden, before)


def alike(answer: Any, number: int) -> tuple[int, str]:
    """Status and text of an answer in which the id asked for is unnamed."""
    return answer.status_code, answer.text.replace(str(number), "N")


async def test_every_door_answers_as_if_the_room_did_not_exist(world: World) -> None:
    assert all(world.hidden.values())
    now = await ask_everywhere(world.askers, world.public)
    assert {key: now[key] for key in now if now[key] != world.before[key]} == {}
    assert sum(status == 200 for status, _ in now.values()) > len(now) / 2


async def test_the_doors_lead_into_the_room_for_its_holder(world: World) -> None:
    """Else the comparison above would prove nothing."""
    doors = list(dict.fromkeys(twins.doors(world.public)))[::7]
    found = [(await world.secret.send("GET", door)).content for door in doors]
    differing = sum(
        text != world.before["anonymous", door][1] for door, text in zip(doors, found, strict=True)
    )
    assert differing > len(doors) / 3


async def test_hidden_ids_answer_as_missing_ones(world: World) -> None:
    for asker in world.askers.values():
        for entity in entities.ENTITIES:
            tails = ["", "/$ref", "/id/$value", "?$expand=" + entity.relations[0].name]
            tails += [f"/{r.name}" for r in entity.relations] + [f"/{p.name}" for p in entity.properties]
            for number in world.hidden[entity.name]:
                for tail in tails:
                    seen = await asker.send("GET", f"{entity.set}({number}){tail}")
                    missing = await asker.send("GET", f"{entity.set}({twins.MISSING}){tail}")
                    assert seen.status_code == 404
                    assert alike(seen, number) == alike(missing, twins.MISSING)


async def test_one_cannot_step_from_the_visible_into_the_hidden(world: World) -> None:
    """Things(1)/Datastreams(hidden) exists for the holder only, though Things(1) is public."""
    stepped = 0
    for entity in entities.ENTITIES:
        for relation in entity.relations:
            if not relation.many:
                continue
            for number in world.hidden[relation.target]:
                path = f"{entity.set}({world.public[entity.name]})/{relation.name}"
                stepped += (await world.secret.send("GET", f"{path}({number})")).status_code == 200
                for asker in world.askers.values():
                    seen = await asker.send("GET", f"{path}({number})")
                    missing = await asker.send("GET", f"{path}({twins.MISSING})")
                    assert alike(seen, number) == alike(missing, twins.MISSING)
                    assert seen.status_code == 404
    assert stepped >= 5


async def _compare(world: World, asker: City, method: str, path: str, body: Any, number: int) -> None:
    """A write that names a hidden id fails exactly as one that names a missing id, and changes nothing."""
    url = str(world.city.client._transport.app.state.pool.conninfo)  # type: ignore[attr-defined]
    before = await judging.rows(url)
    text = "" if body is None else json.dumps(body)
    answers = []
    for each in (number, twins.MISSING):
        content = text.replace("4711", str(each)).encode()
        answer = await asker.send(method, path.replace("4711", str(each)), content=content)
        judging.check(answer)
        assert answer.status_code >= 400 or "error" in answer.text, (method, path, answer.text)
        answers.append(alike(answer, each))
    assert answers[0] == answers[1]
    assert await judging.rows(url) == before


@pytest.mark.parametrize("entity", entities.ENTITIES, ids=lambda e: e.set)
async def test_hidden_entities_cannot_be_changed_deleted_or_added_to(
    world: World, entity: entities.EntityType
) -> None:
    for number in world.hidden[entity.name]:
        for asker in world.askers.values():
            for method, body in (("PATCH", {}), ("PATCH", {"name": "x"}), ("PUT", {}), ("DELETE", None)):
                await _compare(world, asker, method, f"{entity.set}(4711)", body, number)
            for relation in entity.relations:
                if relation.many:
                    await _compare(world, asker, "POST", f"{entity.set}(4711)/{relation.name}", {}, number)


LINK = {"@iot.id": 4711}
LINKING: list[tuple[str, str, str, dict[str, Any]]] = [
    ("Thing", "POST", "Datastreams", datastream(Thing=LINK)),
    ("Sensor", "POST", "Datastreams", datastream(Thing={"@iot.id": 1}, Sensor=LINK)),
    ("ObservedProperty", "POST", "Datastreams", datastream(Thing={"@iot.id": 1}, ObservedProperty=LINK)),
    (
        "ObservedProperty",
        "POST",
        "MultiDatastreams",
        twins.multi(Thing={"@iot.id": 1}, ObservedProperties=[LINK]),
    ),
    ("Location", "POST", "Things", thing(Locations=[LINK])),
    ("Location", "POST", "Things", thing(Locations=[location(), LINK])),
    ("Thing", "POST", "Locations", location() | {"Things": [LINK]}),
    ("HistoricalLocation", "POST", "Locations", location() | {"HistoricalLocations": [LINK]}),
    ("Thing", "POST", "HistoricalLocations", {"time": "2024-01-01T00:00:00Z", "Thing": LINK}),
    (
        "Location",
        "POST",
        "HistoricalLocations",
        {"time": "2024-01-01T00:00:00Z", "Thing": {"@iot.id": 1}, "Locations": [LINK]},
    ),
    ("Datastream", "POST", "Observations", {"result": 1, "Datastream": LINK}),
    ("Datastream", "POST", "Observations", {"result": "wrong", "Datastream": LINK}),
    ("Datastream", "POST", "Datastreams(4711)/Observations", {"result": 1}),
    ("MultiDatastream", "POST", "Observations", {"result": [1], "MultiDatastream": LINK}),
    ("MultiDatastream", "POST", "MultiDatastreams(4711)/Observations", {"result": [1]}),
    ("FeatureOfInterest", "POST", "Datastreams(1)/Observations", {"result": 1, "FeatureOfInterest": LINK}),
    (
        "FeatureOfInterest",
        "POST",
        "Things",
        thing(Datastreams=[datastream(observations=[{"result": 1, "FeatureOfInterest": LINK}])]),
    ),
    ("Thing", "PATCH", "Datastreams(1)", {"Thing": LINK}),
    ("Sensor", "PATCH", "Datastreams(1)", {"Sensor": LINK}),
    ("ObservedProperty", "PATCH", "Datastreams(1)", {"ObservedProperty": LINK}),
    ("Location", "PATCH", "Things(1)", {"Locations": [LINK]}),
    ("HistoricalLocation", "PATCH", "Locations(1)", {"HistoricalLocations": [LINK]}),
    ("Location", "PATCH", "HistoricalLocations(1)", {"Locations": [LINK]}),
    ("FeatureOfInterest", "PATCH", "Observations(1)", {"FeatureOfInterest": LINK}),
    ("Datastream", "PATCH", "Observations(1)", {"Datastream": LINK}),
    (
        "Datastream",
        "POST",
        "CreateObservations",
        {"Datastream": LINK, "components": ["result"], "dataArray": [[1]]},
    ),
    (
        "MultiDatastream",
        "POST",
        "CreateObservations",
        {"MultiDatastream": LINK, "components": ["result"], "dataArray": [[[1]]]},
    ),
]


@pytest.mark.parametrize(("target", "method", "path", "body"), LINKING, ids=lambda x: str(x)[:40])
async def test_nothing_can_be_linked_to_the_hidden(
    world: World, target: str, method: str, path: str, body: dict[str, Any]
) -> None:
    own = {entity.set: world.public[entity.name] for entity in entities.ENTITIES}
    head = path.partition("(")[0]
    address = path.replace("(1)", f"({own.get(head, 1)})")
    sent: Any = [body] if path == "CreateObservations" else body
    for number in world.hidden[target]:
        for asker in world.askers.values():
            await _compare(world, asker, method, address, sent, number)
