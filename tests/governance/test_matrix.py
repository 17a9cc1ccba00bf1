# SPDX-License-Identifier: EUPL-1.2
"""Every door × everybody × every room: what one may not see cannot be told from what does not exist."""

from __future__ import annotations

import asyncio
import json
import string
from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

import pytest
from starlette.applications import Starlette

from stadtkern.catalogue.usage import counting
from stadtkern.core import access, times
from stadtkern.core import database as core_database
from stadtkern.things import entities
from stadtkern.things.api import openapi
from stadtkern.things.store import fold
from tests import browsing
from tests.governance import doors, plane, policy, routes, sent, turns, world
from tests.governance.asking import Answer, Asker
from tests.governance.doors import Door
from tests.governance.world import ROOMS, Somebody, World
from tests.insights import factories
from tests.things import twins

pytestmark = pytest.mark.anyio

# Whose answers are compared byte for byte with those from before the room was built.
WITNESSES = {"internal": ("anonymous",), "restricted": ("left", "steward")}


class Matrix(NamedTuple):
    """The finished world, and what was answered at which stage."""

    world: World
    ask: Asker
    before: dict[tuple[str, str, str], Answer]


@pytest.fixture(scope="module")
async def asker(app: Starlette, database: str) -> AsyncIterator[Asker]:
    """Somebody who can ask both planes."""
    async with browsing.pages(url=database) as pages:
        yield Asker(pages, app)


@pytest.fixture(scope="module")
async def matrix(asker: Asker, database: str) -> AsyncIterator[Matrix]:
    """The city, asked everything each time before the next room is built into it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "now", lambda: factories.NOW)
        patch.setattr(counting, "PAUSE_SECONDS", float("inf"))  # its own questions are no uses
        async with await core_database.connect(url=database, autocommit=True) as connection:
            made = World(connection, factories.NOW)
            await world.people_of(made)
            before: dict[tuple[str, str, str], Answer] = {}
            for room in ROOMS:
                for name in WITNESSES.get(room, ()):
                    for address in _lists(made):
                        before[room, name, address] = await _send(asker, made.askers[name], address)
                await world.build_room(made, room)
                await fold.fold_all(connection)
            await world.members_of(made)
            await world.tokens_of(made)
            yield Matrix(made, asker, before)


def _everywhere() -> Iterable[Door]:
    return [*doors.PAGES.values(), *_plane()]


def _plane() -> Iterable[Door]:
    return [*plane.PLANE.values(), *plane.sensorthings().values()]


def _lists(made: World) -> list[str]:
    """What names nothing hidden, and the doors of one thing with the public thing in them."""
    values = made.values.get("public", world.missing())
    lists = [address for door in _everywhere() for address in door.lists]
    return lists + [world.fill(t, values) for door in _everywhere() for t in door.one + door.search]


async def _send(ask: Asker, who: Somebody, address: str) -> Answer:
    on_plane = any(address.startswith(path) for path in plane.PREFIXES)
    async with asyncio.timeout(60):
        return await (ask.plane if on_plane else ask.page)(who, address)


def _with_session(made: World) -> list[Somebody]:
    return [who for who in made.askers.values() if not who.token]


async def test_no_route_is_missing_from_the_matrix(app: Starlette) -> None:
    """Who adds a route says here how it is asked; who removes one takes it out."""
    browsing.django.setup(set_prefix=False)
    assert routes.django_routes() == set(doors.PAGES)
    assert routes.plane_routes(app) == set(plane.PLANE)
    from stadtkern.features.api import routes as features
    from stadtkern.things.api import routes as things

    assert plane.ogc_patterns(features) == set(plane.OGC)
    asked = {address for each in _plane() for part in each[:3] for address in part}
    asked |= {sending.address for sending in plane.SENT}
    fixed = {f"{plane.STA}/{path}" for path in things._FIXED if path}
    assert {path for path in fixed if not any(address.startswith(path) for address in asked)} <= {
        f"{plane.STA}/{openapi.PATH}"
    }
    from stadtkern.catalogue.ckan import views as ckan

    assert set(ckan.ACTIONS) == doors.actions_asked() | doors.ACTIONS_WITHOUT_DATA


async def test_everybody_sees_the_rooms_that_are_theirs(matrix: Matrix, app: Starlette) -> None:
    """The predicate itself, for each role."""
    gate: access.Gate = app.state.gate
    found = {}
    for who in matrix.world.askers.values():
        if who.refused or who.name == "session over":
            continue
        scope = await gate.scope(matrix.world.connection, who.principal)
        found[who.name] = {room for room in ROOMS if scope.allows(matrix.world.datasets[room])}
    assert found == {name: set(matrix.world.askers[name].sees) for name in found}


async def test_lists_are_what_they_were_before_the_room(matrix: Matrix) -> None:
    """Counts, facets, orders, suggestions: nothing moves when a room is built that one may not see."""
    different = []
    for (room, name, address), before in matrix.before.items():
        now = await _send(matrix.ask, matrix.world.askers[name], address)
        if (now.status, routes.plain(now.text, {})) != (before.status, routes.plain(before.text, {})):
            different.append((room, name, address, _first_difference(before.text, now.text)))
    assert different == []


def _first_difference(before: str, now: str) -> str:
    """Where two answers part, with a little of what stands there."""
    at = next((n for n, (one, other) in enumerate(zip(before, now, strict=False)) if one != other), 0)
    return f"{before[max(0, at - 60) : at + 60]!r} -> {now[max(0, at - 60) : at + 60]!r}"


async def test_no_answer_names_what_is_hidden(matrix: Matrix) -> None:
    """For each person and each door that names nothing hidden."""
    told = []
    lists = list(dict.fromkeys(address for door in _everywhere() for address in door.lists))
    for address, askers in turns.at(lists, _with_session(matrix.world)):
        for who in askers:
            marks = [mark for room in who.hidden for mark in matrix.world.marks[room]]
            answer = await _send(matrix.ask, who, address)
            told += [(who.name, address, mark) for mark in marks if mark in answer.text]
    assert told == []


async def test_each_role_asks_at_each_kind_of_door(matrix: Matrix) -> None:
    """On every day the same, so that what is found can be found again."""
    askers = _with_session(matrix.world)
    lists = list(dict.fromkeys(address for door in _everywhere() for address in door.lists))
    asked = {(turns.kind(address), who.name) for address, some in turns.at(lists, askers) for who in some}
    assert asked == {(turns.kind(address), who.name) for address in lists for who in askers}


async def test_what_is_hidden_answers_as_what_is_missing(matrix: Matrix) -> None:
    """Ids, keys and words of a hidden room, for everybody who may not see it, byte for byte."""
    different = []
    everybody = list(matrix.world.askers.values())
    templates = list(dict.fromkeys(t for door in _everywhere() for t in door.one + door.search))
    for template, askers in turns.at(templates, everybody):
        for who in askers:
            if template not in _asked_by(who):
                continue
            missing = await _filled(matrix, who, template, world.missing())
            for room in who.hidden:
                seen = await _filled(matrix, who, template, matrix.world.values[room])
                if _known(who, room, template):
                    assert not any(mark in seen.text for mark in matrix.world.marks[room]), (
                        who.name,
                        template,
                    )
                elif seen != missing:
                    different.append((who.name, room, template, seen.status, missing.status))
    assert different == []


async def _filled(matrix: Matrix, who: Somebody, template: str, values: dict[str, str]) -> Answer:
    """The answer at an address made from these values, in which they are unnamed."""
    answer = await _send(matrix.ask, who, world.fill(template, values))
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    return Answer(answer.status, routes.plain(answer.text, {name: values[name] for name in names}))


async def test_what_is_sent_to_the_hidden_answers_as_to_the_missing(matrix: Matrix) -> None:
    """Forms: each address of the pages, with everything in the fields that could name something of a room."""
    different = []
    people = _with_session(matrix.world)
    every = [t for each in doors.PAGES.values() for t in each.one + each.search]
    addresses = {t.partition("?")[0] for t in every if not t.startswith("/en/")}
    forms = [*sent.FORMS, *(sent.Form(address, sent.ANYTHING) for address in sorted(addresses))]
    asking = turns.at([form.address for form in forms], people)
    for form, (_, askers) in zip(forms, asking, strict=True):
        for who in askers:
            missing = await _posted(matrix, who, form, world.missing())
            for room in who.hidden:
                seen = await _posted(matrix, who, form, matrix.world.values[room])
                if seen != missing and not _known(who, room, form.address):
                    different.append((who.name, room, form.address, seen.status, missing.status))
    assert different == []


async def _posted(matrix: Matrix, who: Somebody, form: sent.Form, values: dict[str, str]) -> Answer:
    address = world.fill(form.address, values)
    fields = {name: world.fill(value, values) for name, value in form.fields.items()}
    async with asyncio.timeout(60):
        answer = await matrix.ask.form(who, address, fields)
    return Answer(answer.status, routes.plain(answer.text, _named(form, values)))


def _named(form: sent.Form, values: dict[str, str]) -> dict[str, str]:
    """Those values that the form gives away itself."""
    text = " ".join((form.address, *form.fields.values()))
    return {name: value for name, value in values.items() if f"{{{name}}}" in text}


async def test_what_is_written_to_the_hidden_answers_as_to_the_missing(matrix: Matrix) -> None:
    """Requests to the data plane that would change something, by everybody, sessions and tokens alike."""
    different = []
    for sending in plane.SENT:
        for who in matrix.world.askers.values():
            missing = await _written(matrix, who, sending, world.missing())
            for room in who.hidden:
                seen = await _written(matrix, who, sending, matrix.world.values[room])
                if seen != missing:
                    different.append((who.name, room, sending, seen.status, missing.status))
            refused = missing.status >= 400 or "error: " in missing.text or "batch" in sending.address
            refused = refused or "$filter" in sending.address  # finds nothing, and deletes nothing
            assert refused, (who.name, sending, missing)
    assert different == []


async def _written(matrix: Matrix, who: Somebody, sending: plane.Sending, values: dict[str, str]) -> Answer:
    text = "" if sending.body is None else json.dumps(sending.body)
    for name, value in values.items():
        quoted = f'"{{{name}}}"'
        text = text.replace(quoted, value if name in plane.NUMBERS else json.dumps(value))
        text = text.replace(f"{{{name}}}", value)
    answer = await matrix.ask.plane(
        who, world.fill(sending.address, values), method=sending.method, content=text.encode()
    )
    return Answer(answer.status, routes.plain(answer.text, values))


def _known(who: Somebody, room: str, address: str) -> bool:
    """Whether they may know that a room is there, though they see nothing of the dataset in it."""
    return room in who.knows and "{room}" in address


async def test_who_may_see_a_room_sees_it_at_each_door(matrix: Matrix) -> None:
    """Else the comparisons above would prove nothing."""
    closed = []
    for name in ("steward", "member", "member's colleague", "token", "token as member", "member's token"):
        who = matrix.world.askers[name]
        for room in who.sees:
            for template in _asked_by(who, one=True):
                answer = await _send(matrix.ask, who, world.fill(template, matrix.world.values[room]))
                if answer.status != 200:
                    closed.append((name, room, template, answer.status))
    assert closed == []


def _asked_by(who: Somebody, *, one: bool = False) -> list[str]:
    """The doors of one thing; tokens count in the data plane only."""
    found = _plane() if who.token else _everywhere()
    return [template for door in found for template in (door.one if one else door.one + door.search)]


async def test_the_sensorthings_api_hides_rooms_from_every_role(matrix: Matrix) -> None:
    """All routes and options, by turns for those who see public data only; `test_walls` compares bytes."""
    made = matrix.world
    assert made.values["public"]["stream"] == "1"
    ids = {entity.name: 1 for entity in entities.ENTITIES}
    addresses = list(dict.fromkeys(twins.doors(ids)))
    outside = [who for who in made.askers.values() if who.sees == {"public"} and not who.refused]
    marks = [mark for room in ("internal", "restricted") for mark in made.marks[room]]
    for number, address in enumerate(addresses):
        path, who = f"/sta/v1.1/{address}", outside[number % len(outside)]
        answer = await matrix.ask.plane(who, path)
        assert not any(mark in answer.text for mark in marks), (who.name, path)
        if number % 10 == 0:
            other = outside[number // 10 % len(outside)]
            assert await matrix.ask.plane(other, path) == answer, (who.name, other.name, path)


async def test_no_page_lets_strangers_in(matrix: Matrix) -> None:
    """Nothing inline, nothing from elsewhere, a policy that is closed, no cookie before there is a form."""
    assert matrix.ask.wrong == set()
    assert len(matrix.ask.pages) > 100
    bad = '<p style="color: red"><img src="https://elsewhere.example/dot.gif"><script>1</script>'
    told = list(policy.wrong({"content-type": "text/html"}, bad, cookies={"sessionid"}))
    assert [each.split()[0] for each in told] == ["keeps", "is", "holds", "asks"]
