# SPDX-License-Identifier: EUPL-1.2
"""How a delivery stands, in the words of the pages: its step, and for whom it waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.onboarding.entities import Delivery

STATES: Mapping[str, Any] = {
    "arrived": _("wird gelesen"),
    "looked": _("bitte einordnen"),
    "to_check": _("wird geprüft"),
    "checked": _("bitte entscheiden"),
    "to_load": _("wird gespeichert"),
    "done": _("gespeichert"),
    "held": _("angehalten"),
    "refused": _("nicht lesbar"),
    "failed": _("abgebrochen"),
    "discarded": _("verworfen"),
}
STEPS = (_("Datei wählen"), _("Einordnen"), _("Prüfen"), _("Entscheiden"), _("Speichern"))
_STEPS: Mapping[str, int] = {
    "arrived": 1, "looked": 2, "to_check": 3, "checked": 4, "held": 4, "to_load": 5, "done": 6,
}  # fmt: skip


def waits(found: Delivery, *, steward: bool) -> tuple[str, str]:
    """For whom a delivery waits, and what they are to do; two empty texts where it waits for nobody.

    `steward`: whether whoever looks may decide about personal data.
    """
    you, others = gettext("Sie"), gettext("eine Person mit der Rolle „Datenverantwortung“")
    if found.state == "looked":
        return you, gettext("sagen, was in den Spalten steht")
    if found.state in ("refused", "failed"):
        return you, gettext("eine andere Datei einspielen oder diese verwerfen")
    if found.state not in ("checked", "held"):
        return "", ""
    if found.problem is not None:
        return you, gettext("eine lesbare Datei einspielen; der Bestand bleibt bis dahin")
    if found.checked and found.checked.quality.blocked:
        return you, gettext("klären, was nicht stimmt, oder die Datei berichtigen")
    if found.undecided:
        return you if steward else others, gettext("über Angaben zu Menschen entscheiden")
    if found.state == "held":
        return you, gettext("die Abweichung ansehen und übernehmen oder verwerfen")
    if found.later:
        return you, gettext("die Lieferung übernehmen oder verwerfen")
    return you, gettext("beschreiben und speichern")


def step(found: Delivery) -> int:
    """At which of the steps a delivery is, counted from 1; one more than there are when it is stored."""
    return _STEPS.get(found.state, 1)
