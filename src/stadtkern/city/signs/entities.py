# SPDX-License-Identifier: EUPL-1.2
"""A video in sign language, by the page that it stands on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class Content(msgspec.Struct, frozen=True):
    """A video on the disk: its name there, media type, bytes."""

    uuid: UUID
    media_type: str
    size: int


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows: a film of our own or a link. `path`: its address without language and query."""

    path: str
    link: str
    content: UUID | None
    media_type: str
    byte_size: int
    captioned: bool
    changed_at: datetime

    @property
    def film(self) -> Content | None:
        """The file, where it is ours."""
        return None if self.content is None else Content(self.content, self.media_type, self.byte_size)
