# SPDX-License-Identifier: EUPL-1.2
"""A message about the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Kind = Literal["term", "barrier", "place"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A missed word (`subject`), a barrier, or what is wrong at a measuring place.

    `place`: the page it is about, `contact`: only if given.
    """

    id: int
    kind: Kind
    subject: str
    body: str
    place: str
    contact: str
    language: str
    created_at: datetime
    settled_at: datetime | None
