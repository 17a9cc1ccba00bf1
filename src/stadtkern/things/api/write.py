# SPDX-License-Identifier: EUPL-1.2
"""POST, PATCH, PUT and DELETE of entities."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from stadtkern.things import entities
from stadtkern.things.api import answers, door
from stadtkern.things.api.call import Call
from stadtkern.things.language.paths import Resource
from stadtkern.things.operations import create as creating
from stadtkern.things.operations import delete as deleting
from stadtkern.things.operations import payload, run
from stadtkern.things.operations import update as updating
from stadtkern.things.operations.change import Change
from stadtkern.things.operations.problems import NotPossibleHere
from stadtkern.things.queries import locate


async def create(call: Call, resource: Resource) -> Response:
    """Create an entity in a collection."""
    last = resource.last
    if not last.many or resource.inside or resource.tail:
        raise NotPossibleHere("POST goes to a collection, e.g. /Things", where="address")
    if (
        last.entity is entities.OBSERVATION
        and len(resource.steps) == 2
        and resource.steps[0].entity.name == "Datastream"
    ):
        return await door.take(call, datastream_id=resource.steps[0].id)
    body = payload.decode(await call.body(limit=call.state.settings.body_limit))
    return await deep(call, resource, body)


async def deep(call: Call, resource: Resource, body: Any) -> Response:
    """Create an entity with all that it brings along, in one transaction."""
    entity = resource.last.entity
    async with _writing(call, await call.principal()) as change:
        parent = await locate.parent(change.connection, change.scope, steps=resource.steps)
        number = await creating.create(change, entity=entity, payload=body, parent=parent)
        ids = await run.merge_waiting(change)
    if entity is entities.OBSERVATION:
        number = ids[-1]
    return answers.created(call, collection=entity.set, number=number)


async def update(call: Call, resource: Resource, *, whole: bool) -> Response:
    """Change an entity."""
    _needs_entity(resource)
    principal = await call.principal()
    body = payload.decode(await call.body(limit=call.state.settings.body_limit))
    async with _writing(call, principal) as change:
        number = await _identify(change, resource)
        await updating.update(change, entity=resource.last.entity, number=number, payload=body, whole=whole)
        await run.merge_waiting(change)
    return answers.document(
        {"@iot.id": number, "@iot.selfLink": f"{call.service}/{resource.last.entity.set}({number})"}
    )


async def delete(call: Call, resource: Resource) -> Response:
    """Delete an entity."""
    _needs_entity(resource)
    async with _writing(call, await call.principal()) as change:
        number = await _identify(change, resource)
        await deleting.delete(change, entity=resource.last.entity, number=number)
    return answers.nothing()


def _writing(call: Call, principal: Any) -> Any:
    state = call.state
    return run.writing(pool=state.pool, gate=state.gate, settings=state.settings, principal=principal)


def _needs_entity(resource: Resource) -> None:
    if resource.last.many or resource.inside or resource.tail:
        raise NotPossibleHere("this goes to one entity, e.g. /Things(1)", where="address")


async def _identify(change: Change, resource: Resource) -> int:
    return await locate.identify(change.connection, change.scope, steps=resource.steps)
