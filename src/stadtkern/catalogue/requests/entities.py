# SPDX-License-Identifier: EUPL-1.2
"""A request for data and the answers to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy

PROGRESS: Mapping[str, Any] = {
    "open": gettext_lazy("noch offen"),
    "examined": gettext_lazy("wird geprüft"),
    "planned": gettext_lazy("geplant"),
    "available": gettext_lazy("erfüllt"),
    "declined": gettext_lazy("nicht möglich"),
}
STATES: Mapping[str, Any] = {
    "new": gettext_lazy("wartet auf Durchsicht"),
    "shown": gettext_lazy("öffentlich"),
    "refused": gettext_lazy("nicht öffentlich"),
}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would like to have; nothing is known of who it was."""

    id: int
    title: str
    body: str
    purpose: str
    state: str
    progress: str
    refusal: str
    created_at: datetime
    moderated_at: datetime | None
    dataset_id: int | None
    inventory_id: int | None
    dataset: tuple[str, str] | None
    n_answers: int

    @property
    def progress_words(self) -> str:
        """How far it is, on the page."""
        return str(PROGRESS[self.progress])

    @property
    def state_words(self) -> str:
        """Whether others see it, on the page."""
        return str(STATES[self.state])


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the administration says to it."""

    at: datetime
    progress: str
    body: str

    @property
    def progress_words(self) -> str:
        """How far it was then."""
        return str(PROGRESS[self.progress])
