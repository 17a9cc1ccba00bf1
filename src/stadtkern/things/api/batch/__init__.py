# SPDX-License-Identifier: EUPL-1.2
"""Batch requests (18-088, clause 11): many requests in one, change sets as a whole or not at all."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.responses import Response

from stadtkern.things.api.batch import documents, multipart, parts, saying
from stadtkern.things.api.batch.carry import Carrier, Dispatch, Said
from stadtkern.things.api.batch.parts import MOST_PARTS, Unit
from stadtkern.things.api.batch.problems import BatchTooLarge, WrongBatchType
from stadtkern.things.api.call import Call
from stadtkern.things.operations.problems import BodyTooLarge

PATH = "$batch"
# The bodies of so many ordinary requests.
BODIES = 16
_STOP = "continue-on-error=false"

__all__ = ["BODIES", "MOST_PARTS", "PATH", "WITHOUT_TOKEN", "take"]


class Limits(NamedTuple):
    """How large a batch may be: bodies of ordinary requests, parts, bytes of answers kept until the end."""

    bodies: int
    parts: int
    answers: int


_WITH_TOKEN = Limits(BODIES, MOST_PARTS, 67_108_864)
WITHOUT_TOKEN = Limits(1, 100, 16_777_216)


async def take(call: Call, *, dispatch: Dispatch) -> Response:
    """Carry out a batch. The form of all of it is checked before its first part is carried out."""
    known = (await call.principal()).token_id is not None
    limits = _WITH_TOKEN if known else WITHOUT_TOKEN
    limit = limits.bodies * call.state.settings.body_limit
    kind = call.header(b"content-type") or ""
    media = kind.partition(";")[0].strip().lower()
    if media not in ("multipart/mixed", "application/json", ""):
        raise WrongBatchType(f"{media[:80]!r} came", where="Content-Type")
    try:
        body = await call.body(limit=limit)
    except BodyTooLarge as error:
        raise BatchTooLarge(error.detail, where="body", limit=limit) from error
    units = await asyncio.to_thread(_read, body, kind, media, limits.parts)
    stop = _STOP in (call.header(b"prefer") or "").replace(" ", "").lower()
    names = {part.id for unit in units for part in unit.parts} | {unit.name for unit in units}
    carrier = Carrier(call, dispatch, names=names - {""}, stop=stop, answers=limits.answers)
    told: list[tuple[Unit, list[Said]]] = [(unit, await carrier.carry(unit)) for unit in units]
    return saying.multipart(told) if media == "multipart/mixed" else saying.document(told)


def _read(body: bytes, kind: str, media: str, most: int) -> list[Unit]:
    units = multipart.read(body, content_type=kind) if media == "multipart/mixed" else documents.read(body)
    parts.check(units, most=most)
    return units
