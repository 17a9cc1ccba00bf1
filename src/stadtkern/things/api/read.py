# SPDX-License-Identifier: EUPL-1.2
"""GET: collections, entities, references, properties and values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from stadtkern.things.api import answers, buckets, formats
from stadtkern.things.api.call import Call
from stadtkern.things.language import options as query_options
from stadtkern.things.language import paths
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.problems import InvalidAddress
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import guard, reader
from stadtkern.things.queries.problems import NoValue
from stadtkern.things.representation import Document


async def answer(call: Call) -> Response:
    """What an address points to."""
    resource = paths.parse(call.path)
    asked = query_options.parse(call.query)
    if buckets.wanted(asked):
        return await buckets.answer(call, resource, asked)
    form = formats.choose(resource, asked, call.header(b"accept"))
    if form is not formats.Format.JSON:
        return await formats.answer(call, resource, asked, form)
    principal = await call.principal()
    settings = call.state.settings
    async with (
        call.state.pool.connection() as connection,
        guard.reading(connection, timeout=settings.statement_timeout, gone=call.gone),
    ):
        scope = await call.state.gate.scope(connection, principal)
        read = reader.Reader(connection, scope, call.service)
        found = await reader.follow(read, resource=resource, options=_asked(resource, asked))
    return _shape(resource, found)


def _asked(resource: Resource, asked: Options) -> Options:
    """A property or a reference needs only a part of its entity."""
    if resource.inside:
        name = resource.inside[0]
        return Options(select=("id" if name.startswith("@") else name,))
    if resource.tail == "$ref":
        return replace(asked, select=("id",), expand=(), distinct=False)
    if resource.tail == "$count":
        return replace(asked, top=0, count=True, expand=())
    return asked


def _shape(resource: Resource, found: Document) -> Response:
    if resource.tail == "$count":
        return answers.text(str(found["@iot.count"]))
    if resource.inside:
        return _property(resource, found)
    if resource.tail == "$ref":
        if "value" in found:
            found["value"] = [{"@iot.selfLink": item["@iot.selfLink"]} for item in found["value"]]
        else:
            found = {"@iot.selfLink": found["@iot.selfLink"]}
    return answers.document(found)


def _property(resource: Resource, found: Document) -> Response:
    name, *keys = resource.inside
    value: Any = found.get("@iot.id" if name == "id" else name)
    if isinstance(value, msgspec.Raw) and (keys or resource.tail):
        value = msgspec.json.decode(value)
    for key in keys:
        index = key.strip("[]")
        if isinstance(value, list) and index.isdigit() and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise InvalidAddress(f"there is no {key[:60]!r} inside {name}", where="address")
        name = name + key if key.startswith("[") else key
    if value is None:
        raise NoValue
    if not resource.tail:
        return answers.document({name: value})
    return answers.text(value if isinstance(value, str) else msgspec.json.encode(value).decode())
