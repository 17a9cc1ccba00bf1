# SPDX-License-Identifier: EUPL-1.2
"""Addresses of parts in all forms OData allows, and `$id` in addresses and bodies (18-088, clause 11.2.2)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from stadtkern.things.api.batch.problems import BrokenBatch, NotInBatch, UnknownPart
from stadtkern.things.api.call import PREFIX
from stadtkern.things.operations import payload

BATCH = "$batch"
_VERSION = "/" + PREFIX.rpartition("/")[2]
_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^?#]*)", re.IGNORECASE)
_ENTITY = re.compile(r"([A-Za-z]+)\((\d{1,19})\)")
_WITHIN = re.compile(r"\(\$([A-Za-z0-9_.:,;-]+)\)")
_NAMED = re.compile(rb'"\$([A-Za-z0-9_.:,;-]{1,200})(?=")')
_LINKS = ("@odata.id", "@iot.selfLink", "@id")
_encode = msgspec.json.Encoder().encode

# The entity each part has made, changed or read: (entity set, id).
Entities = dict[str, tuple[str, int]]


def split(url: str, *, service: str, host: str) -> tuple[str, bytes]:
    """Path below the service, not encoded, and query string. Raises BrokenBatch, NotInBatch."""
    address, _, query = url.partition("#")[0].partition("?")
    match = _ABSOLUTE.fullmatch(address)
    if match:
        known = _ABSOLUTE.fullmatch(service)
        if match[2].lower() not in (host.lower(), known[2].lower() if known else ""):
            raise BrokenBatch(f"{match[2][:80]!r} is another service", where="url")
        address = match[3]
    if address.startswith("/"):
        for prefix in (PREFIX, _VERSION):
            if address == prefix or address.startswith(prefix + "/"):
                address = address[len(prefix) :]
                break
    path = unquote(address.strip("/"), errors="strict") if _decodes(address) else ""
    if not path and address.strip("/"):
        raise BrokenBatch("the address is not UTF-8", where="url")
    if path.split("/")[0].lower() == BATCH:
        raise NotInBatch("a batch cannot hold another one", where="url")
    return path, quote(query, safe=_ASCII).encode()


_ASCII = "".join(map(chr, range(33, 127)))


def _decodes(address: str) -> bool:
    try:
        unquote(address, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def resolve(path: str, entities: Entities, names: set[str]) -> str:
    """A path with `$id` replaced: `$thing/Datastreams`, `Things($thing)/Datastreams`. Raises UnknownPart."""
    head, slash, rest = path.partition("/")
    if head.startswith("$"):
        kind, number = find(head[1:], entities, names, where="url")
        path = f"{kind}({number}){slash}{rest}"
    return _WITHIN.sub(lambda match: f"({find(match[1], entities, names, where='url')[1]})", path)


def find(name: str, entities: Entities, names: set[str], *, where: str) -> tuple[str, int]:
    """The entity that `$name` stands for. Raises UnknownPart."""
    if name in entities:
        return entities[name]
    if name in names:
        raise UnknownPart(f"{name[:60]!r} stands later, or leads to no single entity", where=where)
    raise UnknownPart(f"no part has the id {name[:60]!r}", where=where)


def referred(path: str, body: bytes, names: set[str]) -> set[str]:
    """The parts that a request refers to."""
    found = {match[1] for match in _WITHIN.finditer(path)}
    if path.startswith("$"):
        found.add(path.partition("/")[0][1:])
    if b'"$' in body:
        found |= {match[1].decode() for match in _NAMED.finditer(body)}
    return found & names


def fill(body: bytes, entities: Entities, names: set[str], *, service: str) -> bytes:
    """A body with `{"@iot.id": "$id"}` replaced by the number. Raises UnknownPart, InvalidJson."""
    if b'"$' not in body:
        return body
    return _encode(_filled(payload.decode(body), entities, names, service))


def _filled(value: Any, entities: Entities, names: set[str], service: str) -> Any:
    if isinstance(value, list):
        return [_filled(item, entities, names, service) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _filled(inner, entities, names, service) for key, inner in value.items()}
    for key, inner in value.items():
        if isinstance(inner, str) and inner.startswith("$") and (key == "@iot.id" or key in _LINKS):
            kind, number = find(inner[1:], entities, names, where=key)
            found[key] = number if key == "@iot.id" else f"{service}/{kind}({number})"
    return found


def entity_of(path: str, location: str | None) -> tuple[str, int] | None:
    """The entity that a part is about: the one it made, or the one its address ends in."""
    last = (location or path).rpartition("/")[2]
    match = _ENTITY.fullmatch(last)
    return (match[1], int(match[2])) if match else None
