# SPDX-License-Identifier: EUPL-1.2
"""Batches as JSON: {"requests": [{"id", "method", "url", "body", …}]} (OData 4.01 JSON, clause 19)."""

from __future__ import annotations

from typing import Any

import msgspec

from stadtkern.things.api.batch import multipart, parts
from stadtkern.things.api.batch.parts import Part, Unit
from stadtkern.things.api.batch.problems import BrokenBatch, ConditionNotSupported
from stadtkern.things.operations import payload

_MEMBERS = {"id", "method", "url", "body", "headers", "dependsOn", "atomicityGroup", "if"}
_encode = msgspec.json.Encoder().encode


def read(body: bytes) -> list[Unit]:
    """The requests and change sets. Raises BrokenBatch, InvalidJson, DuplicateKey, TooDeep."""
    value = payload.decode(body)
    requests = value.get("requests") if isinstance(value, dict) else None
    if not isinstance(requests, list):
        raise BrokenBatch('a batch in JSON is {"requests": […]}', where="requests")
    if len(requests) > parts.MOST_PARTS:
        parts.check([Unit(parts=[Part(method="GET", url="")] * len(requests))])
    units: list[Unit] = []
    for place, item in enumerate(requests):
        where = f"requests[{place}]"
        if not isinstance(item, dict):
            raise BrokenBatch("a request is a JSON object", where=where)
        part, group = _part(item, where=where), _text(item, "atomicityGroup", where=where)
        if group:
            parts.check_id(group, where=f"{where}.atomicityGroup")
        if group and units and units[-1].name == group:
            units[-1].parts.append(part)
        else:
            units.append(Unit(parts=[part], name=group, together=bool(group)))
    return units


def _part(item: dict[str, Any], *, where: str) -> Part:
    unknown = next((name for name in item if name not in _MEMBERS), None)
    if unknown is not None:
        raise BrokenBatch(f"a request has no {unknown[:60]!r}", where=where)
    name, url = _text(item, "id", where=where), _text(item, "url", where=where)
    if not name or not url:
        raise BrokenBatch("a request has an id, a method and a url", where=where)
    body = item.get("body")
    return Part(
        id=parts.check_id(name, where=f"{where}.id"),
        method=parts.method(_text(item, "method", where=where), where=f"{where}.method"),
        url=url,
        headers=_headers(item, where=f"{where}.headers"),
        body=b"" if "body" not in item else _encode(body),
        depends=_depends(item, where=f"{where}.dependsOn"),
        fault=ConditionNotSupported(where=f"{where}.if") if "if" in item else None,
    )


def _text(item: dict[str, Any], name: str, *, where: str) -> str:
    value = item.get(name, "")
    if type(value) is int and name == "id":
        return str(value)
    if not isinstance(value, str):
        raise BrokenBatch(f"{name} is text", where=f"{where}.{name}")
    return value


def _headers(item: dict[str, Any], *, where: str) -> list[parts.Header]:
    given = item.get("headers", {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BrokenBatch("headers are an object of texts", where=where)
    try:
        return multipart.kept([parts.header(name, value, where=where) for name, value in given.items()])
    except UnicodeEncodeError as error:
        raise BrokenBatch("a header has signs that no header can have", where=where) from error


def _depends(item: dict[str, Any], *, where: str) -> list[str]:
    given = item.get("dependsOn", [])
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise BrokenBatch("dependsOn is a list of ids", where=where)
    return [str(name) for name in given]
