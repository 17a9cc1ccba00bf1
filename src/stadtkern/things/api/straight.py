# SPDX-License-Identifier: EUPL-1.2
"""The straight way of a single observation: all that must be known is known, and nobody need be asked.

Whatever is not as simple as that goes the way of all requests (`door`), which also says what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from starlette.datastructures import State

from stadtkern.core import access, credentials, problems, requests
from stadtkern.core.rights import Rights
from stadtkern.core.settings import Settings
from stadtkern.things import readings
from stadtkern.things.api import answers, door, plain
from stadtkern.things.api.call import PREFIX
from stadtkern.things.operations import observations
from stadtkern.things.operations.streams import Facts

Headers = Sequence[tuple[bytes, bytes]]
Reply = Callable[[int, Headers, bytes], None]

_ALL = f"{PREFIX}/Observations".encode()
_BEFORE, _AFTER = f"{PREFIX}/Datastreams(".encode(), b")/Observations"
_DIGITS = 18
_JSON = frozenset(
    (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
)
# Headers that ask for more than to store and to say so.
_PARTICULAR = frozenset((b"prefer", b"cookie", b"content-encoding", b"transfer-encoding", b"trailer"))


class Head(NamedTuple):
    """The datastream that the address names, and the token's digest."""

    datastream_id: int | None
    digest: bytes


class Straight:
    """Implements `serve.http.answering.Straight` with the state of the composed data plane.

    `closed` says whether requests take the usual way at the moment.
    """

    def __init__(self, state: State, *, settings: Settings, closed: Callable[[], bool]):
        self._state = state
        self._closed = closed
        self._service = (settings.base_url + PREFIX).encode()

    def head(self, method: bytes, target: bytes, headers: Headers) -> Head | None:
        """What a head says, where it is that of a POST to all Observations or to those of one Datastream."""
        if method != b"POST":
            return None
        datastream_id = None
        if target != _ALL:
            number = target[len(_BEFORE) : -len(_AFTER)]
            ours = target.startswith(_BEFORE) and target.endswith(_AFTER)
            if not ours or not number.isdigit() or len(number) > _DIGITS:
                return None
            datastream_id = int(number)
        authorization = _authorization(headers)
        secret = None if authorization is None else credentials.secret(authorization)
        return None if secret is None else Head(datastream_id, access.hash_secret(secret))

    def take(self, head: Head, body: bytes, reply: Reply) -> bool:
        """Have an observation stored and replied to; False, and nothing done, where that is not so simple."""
        began = time.perf_counter()
        if self._closed():
            return False
        try:
            reading = self._reading(head, body)
        except problems.Problem:
            return False

        def done(outcome: readings.Stored | problems.Problem) -> None:
            answer = (
                answers.created(self._service, collection=b"Observations", number=outcome.id)
                if isinstance(outcome, readings.Stored)
                else answers.failure(outcome)
            )
            reply(answer.status_code, answer.raw_headers, bytes(answer.body))
            requests.note("sta", "POST", answer.status_code, time.perf_counter() - began)

        offered: bool = reading is not None and self._state.sink.offer(reading, done=done)
        return offered

    def _reading(self, head: Head, body: bytes) -> readings.Reading | None:
        """The reading, if its sender may add it. Raises what is wrong with it."""
        held = self._state.gate.at_hand(digest=head.digest)
        if held is None:  # strangers are told so before their bodies are read
            return None
        said = plain.read(body)
        if said is not None:
            stream = plain.datastream(said, head.datastream_id)
            facts = self._facts(held, stream)
            if stream is None or facts is None or facts.unplaced:
                return None
            return observations.simple(said.phenomenon_time, said.result, datastream_id=stream, facts=facts)
        payload = door.decode(body)
        if "FeatureOfInterest" in payload or "MultiDatastream" in payload:
            return None
        observations.check_keys(payload)
        stream = door.datastream(payload, head.datastream_id)
        facts = self._facts(held, stream)
        if stream is None or facts is None:
            return None
        return observations.reading(payload, datastream_id=stream, facts=facts, feature_id=facts.feature_id)

    def _facts(self, held: tuple[Rights, frozenset[int]], stream: int | None) -> Facts | None:
        """What is known of a datastream that the sender may add to without a note; None for all others."""
        facts: Facts | None = None if stream is None else self._state.streams.at_hand(stream)
        if facts is None or facts.components is not None:
            return None
        rights, closed = held
        may = rights.allow("create", dataset_id=facts.dataset_id, datastream_id=stream)
        return facts if may and facts.dataset_id not in closed else None


def _authorization(headers: Headers) -> str | None:
    """The one header that says who writes; None where there are several, or where more is asked for."""
    found: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            if found is not None:
                return None
            found = value
        elif name in _PARTICULAR or (name == b"content-type" and value not in _JSON):
            return None
    return None if found is None else found.decode("latin-1")
