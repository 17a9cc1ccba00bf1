# SPDX-License-Identifier: EUPL-1.2
"""Boards in the words of the pages: kinds of tiles, audiences, steps, and what can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from stadtkern.core.problems import Problem
from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Form
from stadtkern.ui import telling


class Kind(NamedTuple):
    """A kind of tile: its name, and what it shows."""

    name: Any
    about: Any


KINDS: Mapping[Form, Kind] = {
    "value": Kind(
        gettext_lazy("Wert jetzt"),
        gettext_lazy("Der neueste Wert oder das Mittel mehrerer Orte, verglichen mit sonst um diese Zeit."),
    ),
    "flow": Kind(
        gettext_lazy("Zählung heute"),
        gettext_lazy("Was heute gezählt wurde, als Kurve gegen einen üblichen Tag."),
    ),
    "level": Kind(
        gettext_lazy("Wert gegen das letzte Jahr"),
        gettext_lazy("Der neueste Wert und ob er im üblichen Bereich des Jahres liegt."),
    ),
    "gauge": Kind(
        gettext_lazy("Balken zwischen Grenzen"),
        gettext_lazy("Der neueste Wert auf einem Balken, mit einer Marke für einen Grenzwert."),
    ),
    "free": Kind(
        gettext_lazy("Freie Plätze"),
        gettext_lazy("Was von einem Fassungsvermögen übrig ist, zum Beispiel in Parkhäusern."),
    ),
    "bays": Kind(
        gettext_lazy("Zustand"),
        gettext_lazy("Der Zustand eines Ortes oder wie viele Orte ihn haben, zum Beispiel frei oder offen."),
    ),
    "low": Kind(
        gettext_lazy("Unter einer Grenze"),
        gettext_lazy("Wie viele Orte unter einem Wert liegen, zum Beispiel durstige Bäume."),
    ),
    "ranking": Kind(
        gettext_lazy("Rangliste"), gettext_lazy("Die Orte mit den höchsten oder den niedrigsten Werten.")
    ),
    "places": Kind(gettext_lazy("Karte"), gettext_lazy("Kreise für die letzte volle Stunde an jedem Ort.")),
    "countdown": Kind(
        gettext_lazy("Tage bis"), gettext_lazy("Wie viele Tage es noch bis zu einem Ereignis sind.")
    ),
    "text": Kind(
        gettext_lazy("Kurzer Text"), gettext_lazy("Ein paar Sätze und, wenn Sie möchten, ein Link.")
    ),
}
AUDIENCES = {
    "public": gettext_lazy("alle"),
    "internal": gettext_lazy("alle, die für die Stadt arbeiten"),
    "editor": gettext_lazy("wer die Rolle „Bearbeiten“ oder mehr hat"),
    "steward": gettext_lazy("wer die Rolle „Daten verantworten“ oder mehr hat"),
    "publisher": gettext_lazy("wer die Rolle „Veröffentlichen“ oder mehr hat"),
    "administrator": gettext_lazy("nur Verwaltung"),
}
VIEWS = {"overview": gettext_lazy("Überblick"), "expert": gettext_lazy("Fachsicht")}
_STEPS = {
    "begun": gettext_lazy("Tafel angelegt"),
    "settings": gettext_lazy("Einstellungen geändert"),
    "theme": gettext_lazy("Thema geändert"),
    "theme-removed": gettext_lazy("Thema entfernt"),
    "added": gettext_lazy("Kachel hinzugefügt"),
    "changed": gettext_lazy("Kachel geändert"),
    "removed": gettext_lazy("Kachel entfernt"),
    "moved": gettext_lazy("Kacheln geordnet"),
    "width": gettext_lazy("Breite geändert"),
    "view": gettext_lazy("Kachel einer anderen Sicht zugeordnet"),
}


def _back(problem: Problem, address: Mapping[str, Any]) -> tuple[str, Any]:
    """From a message to the board that it is about; to all of them where that cannot be opened."""
    if "key" in address and not isinstance(problem, operations.BoardIsAway):
        return reverse("board-work", args=[address["key"]]), gettext_lazy("Zur Tafel")
    return reverse("boards-work"), gettext_lazy("Zu den Tafeln")


_TELLING = telling.Telling(
    {
        operations.BoardIsAway: (
            gettext_lazy("Diese Tafel ist entfernt worden."),
            gettext_lazy("Aus der Liste der Tafeln lässt sie sich zurückholen. Haben Sie gerade etwas"
                         " geschrieben, so ist es nicht gespeichert; mit „Zurück“ in Ihrem Browser finden"
                         " Sie es wieder."),
        ),
        operations.TileIsAway: (
            gettext_lazy("Diese Kachel ist inzwischen von der Tafel genommen worden."),
            gettext_lazy("An der Tafel lässt sich das rückgängig machen. Haben Sie gerade etwas geschrieben,"
                         " so ist es nicht gespeichert; mit „Zurück“ in Ihrem Browser finden Sie es wieder."),
        ),
        operations.BoardExists: (
            gettext_lazy("Eine Tafel mit diesem Namen gibt es schon."),
            gettext_lazy("Wählen Sie einen anderen Namen."),
        ),
        operations.NothingToUndo: (
            gettext_lazy("Es gibt keinen früheren Stand dieser Tafel."),
            gettext_lazy("Ändern Sie sie von Hand."),
        ),
        operations.FrontPageStays: (
            gettext_lazy("Die Startseite braucht ihre Tafel, und alle müssen sie sehen können."),
            gettext_lazy("Ändern Sie stattdessen ihre Kacheln, oder legen Sie eine weitere Tafel an."),
        ),
        operations.TooManyTiles: (
            gettext_lazy("Auf eine Tafel passen höchstens 60 Kacheln in 12 Themen."),
            gettext_lazy("Entfernen Sie einige, oder beginnen Sie eine zweite Tafel."),
        ),
    },
    back=_back,
)  # fmt: skip
told = _TELLING.told


def says(problem: Problem) -> str:
    """A problem in sentences, for a form."""
    return _TELLING.says(problem)


def step(stored: str) -> str:
    """What was done, in a few words."""
    kind, _, number = stored.partition(":")
    if kind == "undone":
        return gettext("rückgängig gemacht, wie Version %(n)s") % {"n": number}
    if kind == "restored":
        return gettext("Version %(n)s zurückgeholt") % {"n": number}
    return str(_STEPS.get(kind, kind))
