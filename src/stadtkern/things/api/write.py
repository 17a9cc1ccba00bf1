# SPDX-License-Identifier: EUPL-1.2
"""POST, PATCH, PUT and DELETE of entities and of the links between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin

from psycopg.errors import DeadlockDetected
from starlette.responses import Response

from stadtkern.core.problems import NotFound, Unavailable
from stadtkern.things import entities
from stadtkern.things.api import answers, door, methods
from stadtkern.things.api.call import Call
from stadtkern.things.entities import EntityType
from stadtkern.things.language import options as query_options
from stadtkern.things.language import paths
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.operations import create as creating
from stadtkern.things.operations import delete as deleting
from stadtkern.things.operations import patching, payload, relations, run
from stadtkern.things.operations import update as updating
from stadtkern.things.operations.problems import InvalidValue, NeedsFilter, TooManyAtOnce
from stadtkern.things.queries import guard, locate, reader
from stadtkern.things.queries.problems import NoSuchEntity
from stadtkern.things.representation import Document

# Entities that one DELETE with a filter removes at most.
MOST_AT_ONCE = 1_000
_REPRESENTATION = "return=representation"


async def create(call: Call, resource: Resource) -> Response:
    """Create an entity in a collection, or a link in a collection's `$ref`."""
    methods.check("POST", resource)
    if resource.tail:
        return await _link(call, resource)
    if door.suits(resource):
        return await door.take(call, datastream_id=resource.steps[0].id)
    await call.writer()
    return await deep(call, resource, await _body(call))


async def deep(call: Call, resource: Resource, body: Any) -> Response:
    """Create an entity with all that it brings along, in one transaction."""
    entity = resource.last.entity
    async with _writing(call, await call.principal()) as change:
        parent = await locate.parent(change.connection, change.scope, steps=resource.steps)
        number = await creating.create(change, entity=entity, payload=body, parent=parent)
        ids = await run.merge_waiting(change)
    if entity is entities.OBSERVATION:
        return await made(call, entity=entity, number=ids[-1])
    call.state.streams.forget()
    return await made(call, entity=entity, number=number)


async def made(call: Call, *, entity: EntityType, number: int) -> Response:
    """201 with the address of what was created, and all of it where the client prefers that (RFC 7240)."""
    shown = await _shown(call, entity, number) if prefers_representation(call) else None
    if shown is None:
        return answers.created(call.service.encode(), collection=entity.set.encode(), number=number)
    return answers.represented(call, shown, status=201)


async def update(call: Call, resource: Resource, *, whole: bool) -> Response:
    """Change an entity, by its new values or by a JSON Patch; PUT to a `$ref` changes whom it refers to."""
    methods.check("PUT" if whole else "PATCH", resource)
    if resource.tail:
        return await _link(call, resource)
    principal = await call.writer()
    patch = methods.body_kind(call) == methods.JSON_PATCH
    body, entity = await _body(call), resource.last.entity
    async with _writing(call, principal) as change:
        number = await locate.identify(change.connection, change.scope, steps=resource.steps)
        if patch:
            await patching.patch(change, entity=entity, number=number, body=body)
        else:
            await updating.update(change, entity=entity, number=number, payload=body, whole=whole)
    call.state.streams.forget()
    shown = await _shown(call, entity, number) if prefers_representation(call) else None
    if shown is not None:
        return answers.represented(call, shown, status=200)
    return answers.document({"@iot.id": number, "@iot.selfLink": f"{call.service}/{entity.set}({number})"})


async def delete(call: Call, resource: Resource) -> Response:
    """Delete an entity, what a filter finds in a collection, or one link from many to many (its `$ref`)."""
    methods.check("DELETE", resource)
    if resource.last.many and resource.tail:
        resource = _named(call, resource)
    elif resource.last.many:
        return await _clear(call, resource)
    async with _writing(call, await call.principal()) as change:
        number = await locate.identify(change.connection, change.scope, steps=resource.steps)
        if resource.tail:
            parent = await locate.parent(change.connection, change.scope, steps=resource.steps)
            if parent is not None:
                await relations.untie(change, parent, number)
        else:
            await deleting.delete(change, entity=resource.last.entity, number=number)
    if resource.last.entity.name == "FeatureOfInterest" and not resource.tail:
        await _sweep(call, number)
    call.state.streams.forget()
    return answers.nothing() if resource.tail else answers.gone()


async def _clear(call: Call, resource: Resource) -> Response:
    """Delete all that a filter finds, or nothing: in one transaction, each entity with its own rights.

    Where others delete the same or writers stand crosswise to that, it looks again for what is left.
    """
    asked = query_options.parse(call.query)
    if asked.given.keys() != {"$filter"}:
        raise NeedsFilter(where="address")
    gone: list[int] = []
    for tries_left in (2, 1, 0):
        try:
            gone = await _cleared(call, resource, asked)
            break
        except (NotFound, Unavailable) as problem:
            crossed = isinstance(problem, NotFound) or isinstance(problem.__cause__, DeadlockDetected)
            if not tries_left or not crossed:
                raise
    for number in gone if resource.last.entity.name == "FeatureOfInterest" else ():
        await _sweep(call, number)
    call.state.streams.forget()
    return answers.gone()


async def _cleared(call: Call, resource: Resource, asked: Options) -> list[int]:
    """The ids of what was deleted, each once, however often it is listed."""
    entity = resource.last.entity
    async with _writing(call, await call.writer()) as change:
        parent = await locate.parent(change.connection, change.scope, steps=resource.steps)
        read = reader.Reader(change.connection, change.scope, call.service)
        prepared = await read.prepare(entity=entity, options=replace(asked, select=("id",)), parent=parent)
        found = await read.page(prepared, parent, limit=MOST_AT_ONCE + 1)
        if len(found) > MOST_AT_ONCE:
            raise TooManyAtOnce(f"more than {MOST_AT_ONCE} {entity.set} fit", where="$filter")
        gone = sorted({row[0] for row in found})
        if entity is entities.OBSERVATION:  # together: writers wait for their Datastreams
            await deleting.observations(change, numbers=gone)
            return gone
        await deleting.hold(change, entity=entity, numbers=gone)
        for number in gone:
            await deleting.delete(change, entity=entity, number=number)
    return gone


async def _sweep(call: Call, number: int) -> None:
    """Remove what came in meanwhile; where writers stand crosswise to that, it is tried again."""
    for tries_left in (2, 1, 0):
        try:
            async with _writing(call, await call.principal()) as change:
                await deleting.sweep_feature(change, number=number)
            return
        except Unavailable:
            if not tries_left:
                raise


async def _link(call: Call, resource: Resource) -> Response:
    """Let the relation before `$ref` lead to an existing entity."""
    principal = await call.writer()
    body = await _body(call)
    number = _referred(call, resource, body)
    async with _writing(call, principal) as change:
        parent = await locate.parent(change.connection, change.scope, steps=resource.steps)
        if parent is not None:
            relation, value = parent.relation, {"@iot.id": number}
            changes = {relation.name: [value] if relation.many else value}
            await updating.update(
                change, entity=parent.entity, number=parent.id, payload=changes, whole=False
            )
    call.state.streams.forget()
    return answers.nothing()


def _named(call: Call, resource: Resource) -> Resource:
    """The one link of many that `$id` names, an address (OData 4.0, part 1, clause 11.4.6.2)."""
    given = [value for name, value in parse_qsl(call.query) if name == "$id"]
    if len(given) != 1:
        raise InvalidValue("$id names the entity, e.g. $ref?$id=../../Locations(4)", where="$id")
    try:
        address = urljoin(f"{call.service}/{call.path}", given[0])
    except ValueError as error:
        raise InvalidValue("cannot be read as an address", where="$id") from error
    found = paths.parse(address.removeprefix(call.service))
    last, beyond = found.last, found.inside or found.tail
    if last.entity is not resource.last.entity or last.id is None or beyond:
        raise InvalidValue(f"not the address of one of the {resource.last.entity.set}", where="$id")
    one = replace(resource.last, id=last.id)
    return replace(resource, steps=(*resource.steps[:-1], one))


def _referred(call: Call, resource: Resource, body: Any) -> int:
    """The id that a body names, by itself or by an address of this service. Raises InvalidValue."""
    entity = resource.last.entity
    if isinstance(body, dict) and len(body) == 1:
        (key, value), *_ = body.items()
        if key in ("@iot.selfLink", "@odata.id", "@id") and isinstance(value, str):
            last = paths.parse(value.removeprefix(call.service)).last
            if last.entity is entity and last.id is not None:
                return last.id
    number = creating.reference(body)
    if number is None:
        raise InvalidValue(f'a link names one of the {entity.set}: {{"@iot.id": 1}}', where="body")
    return number


def prefers_representation(call: Call) -> bool:
    """Whether the client wants to see what it wrote."""
    return _REPRESENTATION in (call.header(b"prefer") or "").replace(" ", "").lower()


async def _shown(call: Call, entity: EntityType, number: int) -> Document | None:
    """What was written; None for those who may write but not read, because it is stored all the same."""
    state = call.state
    principal = await call.principal()
    async with (
        state.pool.connection() as connection,
        guard.reading(connection, timeout=state.settings.statement_timeout),
    ):
        scope = await state.gate.scope(connection, principal)
        read = reader.Reader(connection, scope, call.service)
        try:
            return await read.entity(entity=entity, options=Options(), parent=None, number=number)
        except NoSuchEntity:
            return None


async def _body(call: Call) -> Any:
    entity = methods.body_kind(call) != methods.JSON_PATCH
    return payload.decode(await call.body(limit=call.state.settings.body_limit), repeated=entity)


def _writing(call: Call, principal: Any) -> Any:
    state = call.state
    return run.writing(
        pool=state.pool, gate=state.gate, settings=state.settings, principal=principal, arrived=call.arrived
    )
