# SPDX-License-Identifier: EUPL-1.2
"""What the inventory knows: an entry, a proposal to let it out, a line of its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy

Words = Mapping[str, Any]

PERSONAL: Words = {
    "unknown": gettext_lazy("noch nicht geprüft"),
    "none": gettext_lazy("keine"),
    "anonymised": gettext_lazy("anonymisiert"),
    "personal": gettext_lazy("ja"),
    "special": gettext_lazy("ja, besonders geschützte (Art. 9 DSGVO)"),
}
OPENNESS: Words = {
    "unknown": gettext_lazy("noch nicht geprüft"),
    "open": gettext_lazy("ja, ganz"),
    "restricted": gettext_lazy("zum Teil oder für einen Kreis"),
    "closed": gettext_lazy("nein"),
}
EFFORT: Words = {
    "unknown": gettext_lazy("noch nicht geschätzt"),
    "low": gettext_lazy("gering"),
    "medium": gettext_lazy("mittel"),
    "high": gettext_lazy("hoch"),
}
STATES: Words = {
    "recorded": gettext_lazy("erfasst"),
    "proposed": gettext_lazy("zur Freigabe vorgeschlagen"),
    "approved": gettext_lazy("freigegeben"),
    "refused": gettext_lazy("abgelehnt"),
}
FIELDS: Words = {
    "title": gettext_lazy("Titel"),
    "description": gettext_lazy("Beschreibung"),
    "owner": gettext_lazy("Zuständige Stelle"),
    "contact": gettext_lazy("Kontakt"),
    "system": gettext_lazy("Fachverfahren"),
    "format": gettext_lazy("Format"),
    "frequency": gettext_lazy("Aktualisierung"),
    "legal_basis": gettext_lazy("Rechtsgrundlage"),
    "personal": gettext_lazy("Personenbezogene Daten"),
    "openness": gettext_lazy("Darf geöffnet werden"),
    "openness_reason": gettext_lazy("Begründung dazu"),
    "effort": gettext_lazy("Aufwand"),
    "concept": gettext_lazy("Musterdatensatz"),
    "due": gettext_lazy("Geplant bis"),
}
CHOICES: Mapping[str, Words] = {"personal": PERSONAL, "openness": OPENNESS, "effort": EFFORT}
LENGTHS: Mapping[str, int] = {
    "title": 200, "description": 4000, "owner": 200, "contact": 200, "system": 200, "format": 200,
    "frequency": 100, "legal_basis": 500, "openness_reason": 2000, "concept": 200,
}  # fmt: skip


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What people say of the data; everything but the title may still be open."""

    title: str
    description: str = ""
    owner: str = ""
    contact: str = ""
    system: str = ""
    format: str = ""
    frequency: str = ""
    legal_basis: str = ""
    personal: str = "unknown"
    openness: str = "unknown"
    openness_reason: str = ""
    effort: str = "unknown"
    concept: str = ""
    due: date | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An open proposal to let data out; `due` is the day by which it shall be decided."""

    id: int
    person_id: int | None
    person: str
    at: datetime
    reason: str
    due: date


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the inventory."""

    id: int
    organisation_id: int
    organisation: str
    facts: Facts
    state: str
    dataset_id: int | None
    revision: int
    created_at: datetime
    changed_at: datetime
    proposal: Proposal | None = None

    @property
    def state_words(self) -> str:
        """The state on the page."""
        return str(STATES[self.state])

    @property
    def deadline(self) -> date | None:
        """What comes next: the decision where one is open, else the planned opening."""
        if self.proposal:
            return self.proposal.due
        return None if self.dataset_id else self.facts.due


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of history; `changes` holds before and after of each field."""

    at: datetime
    person: str
    kind: str
    changes: Mapping[str, tuple[Any, Any]]
    note: str


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as the inventory needs it, with the role one has there."""

    id: int
    name: str
    kind: str
    role: str = ""
