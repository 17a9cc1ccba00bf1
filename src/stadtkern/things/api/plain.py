# SPDX-License-Identifier: EUPL-1.2
"""An observation as most devices send it: a number, a time and the datastream, and nothing else."""

from __future__ import annotations

import msgspec

from stadtkern.core import jsons

_DATASTREAM, _NONE = 5, 3  # keys and texts with a reference, and without


class _Reference(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    id: int = msgspec.field(name="@iot.id")


class Said(msgspec.Struct, forbid_unknown_fields=True, rename="camel", gc=False):
    """Such an observation; what its members may hold is still to be judged."""

    result: float | int
    phenomenon_time: str
    reference: _Reference | None = msgspec.field(name="Datastream", default=None)


_decode = msgspec.json.Decoder(Said).decode


def datastream(said: Said, given: int | None) -> int | None:
    """The datastream that is meant, by the body or the address; None where that is not plain."""
    if said.reference is None:
        return given
    number = said.reference.id
    return number if given is None or given == number else None


def read(body: bytes) -> Said | None:
    """The observation; None where it says more, or something else, or may say something twice."""
    try:
        found = _decode(body)
    except jsons.UNREADABLE:
        return None
    texts = _NONE if found.reference is None else _DATASTREAM
    # Each of them has two quotes; one more that stands twice, or holds a quote, makes them more.
    return found if body.count(b'"') == 2 * texts else None
