# SPDX-License-Identifier: EUPL-1.2
"""From pieces of a collection to the body of an answer, sent while the next piece is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import msgspec
from starlette.responses import Response, StreamingResponse

from stadtkern.core import audit
from stadtkern.things import entities
from stadtkern.things.api import answers
from stadtkern.things.api.call import Call
from stadtkern.things.api.formats import arrays, geojson, table, walk
from stadtkern.things.api.formats.choice import MEDIA_TYPES, Format
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import reader

_encode = msgspec.json.encode
# Entities in one answer: unless $top says less, and at most; None stands for all there are.
DEFAULT: Mapping[Format, int | None] = {Format.DATA_ARRAY: 1_000, Format.GEOJSON: 1_000, Format.CSV: None}
MOST: Mapping[Format, int | None] = {Format.DATA_ARRAY: 100_000, Format.GEOJSON: 10_000, Format.CSV: None}


async def answer(call: Call, resource: Resource, options: Options, form: Format) -> Response:
    """The answer in one of the forms; what is wrong with the query is found before the first byte is sent."""
    options = replace(options, given={**options.given, "$resultFormat": str(form)})
    audit.export()
    parts = _parts(call, resource, options, form)
    return await respond(call, parts, headers(resource, form))


def headers(resource: Resource, form: Format) -> list[tuple[bytes, bytes]]:
    """Media type and, for CSV, a file's name."""
    found = [
        (b"content-type", MEDIA_TYPES[form].encode()),
        *answers.OPEN,
        (b"vary", b"accept"),
    ]
    if form is Format.CSV:
        words = [step.relation.name if step.relation else step.entity.set for step in resource.steps]
        numbers = [f"-{step.id}" if step.id is not None else "" for step in resource.steps]
        name = "-".join(word + number for word, number in zip(words, numbers, strict=True))
        found.append((b"content-disposition", f'attachment; filename="{name}.csv"'.encode()))
    return found


async def respond(call: Call, parts: AsyncIterator[bytes], found: list[tuple[bytes, bytes]]) -> Response:
    """Send what is short as a whole, anything longer as it comes."""
    first = await anext(parts, b"")
    if call.method == "HEAD":
        return answers.Plain(200, b"", found[:])
    second = await anext(parts, None)
    if second is None:
        return answers.Plain(200, first, found)
    response = StreamingResponse(_joined(first, second, parts), status_code=200)
    response.raw_headers = found
    return response


async def _joined(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for part in rest:
        yield part


def _parts(call: Call, resource: Resource, options: Options, form: Format) -> AsyncIterator[bytes]:
    most, cap = options.top, MOST[form]
    if most is None:
        most = DEFAULT[form]
    elif cap is not None:
        most = min(most, cap)
    rows = _of_one_stream(resource) and not options.expand
    match form:
        case Format.CSV:
            return _csv(call, resource, options, most, rows=rows)
        case Format.GEOJSON:
            return _features(call, resource, options, most)
        case _:
            return _rows(call, resource, options, most) if rows else _groups(call, resource, options, most)


def _of_one_stream(resource: Resource) -> bool:
    last = resource.last
    return (
        last.many
        and last.entity is entities.OBSERVATION
        and last.relation is not None
        and last.relation.remote == "datastream_id"
    )


async def _pieces(
    call: Call, resource: Resource, options: Options, most: int | None
) -> AsyncIterator[walk.Piece]:
    """Pieces of a collection, or the one entity that an address leads to."""
    if resource.last.many:
        async for piece in walk.documents(call, resource, options, most=most):
            yield piece
        return
    async with walk.opened(call) as read:
        found = await reader.follow(read, resource=resource, options=options)
    yield walk.Piece([found])


async def _csv(
    call: Call, resource: Resource, options: Options, most: int | None, *, rows: bool
) -> AsyncIterator[bytes]:
    entity = resource.last.entity
    writer: table.Rows | table.Documents
    if rows:
        writer, pieces = (
            table.Rows(entity, options),
            walk.observations(call, resource, replace(options, count=False), most=most),
        )
    else:
        writer = table.Documents(entity, options)
        pieces = _pieces(call, resource, replace(options, count=False), most)
    head = writer.head()
    async for piece in pieces:
        yield head + writer.body(piece)
        head = b""


async def _rows(call: Call, resource: Resource, options: Options, most: int | None) -> AsyncIterator[bytes]:
    writer, head = None, b""
    async for piece in walk.observations(call, resource, options, most=most):
        if writer is None:
            writer = arrays.Rows(options, stream=piece.parent)
            head = writer.head(piece.count)
        body = writer.body(piece)
        yield head + body + (writer.tail(piece.next) if piece.done else b"")
        head = b""


async def _groups(call: Call, resource: Resource, options: Options, most: int | None) -> AsyncIterator[bytes]:
    """All groups at once: rows of a Datastream stand together, wherever in the order they came.

    Raises AnswerTooLarge.
    """
    found = arrays.Groups(options, service=call.service)
    answer: dict[str, object] = {}
    async for piece in walk.documents(call, resource, arrays.grouped(options), most=most):
        found.add(piece.items)
        answer |= piece.count or {}
        if piece.next:
            answer["@iot.nextLink"] = piece.next
    yield _encode(answer | {"value": found.found()})


async def _features(
    call: Call, resource: Resource, options: Options, most: int | None
) -> AsyncIterator[bytes]:
    maker = geojson.Features(resource.last.entity, options)
    lead = b""
    async for piece in _pieces(call, resource, maker.options, most):
        features = [maker.feature(document) for document in piece.items]
        if not resource.last.many:
            yield _encode(features[0])
            return
        content = _encode(features)[1:-1]
        if not lead:
            more = _encode(piece.count)[1:-1] + b"," if piece.count else b""
            content = b'{"type":"FeatureCollection",' + more + b'"features":[' + content
        elif features:
            content = lead + content
        lead = b","
        if piece.done:
            link = b',"@iot.nextLink":' + _encode(piece.next) if piece.next else b""
            content += b"]" + link + b"}"
        yield content
