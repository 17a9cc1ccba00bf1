# SPDX-License-Identifier: EUPL-1.2
"""Rooms, agreements and the log in the words of the pages, and what can go wrong there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from stadtkern.core.problems import Problem
from stadtkern.governance.agreements import operations as agreements
from stadtkern.governance.bulk import operations as bulk
from stadtkern.governance.log import operations as keeping
from stadtkern.governance.log import queries as log
from stadtkern.governance.rooms import operations as rooms
from stadtkern.ui import telling

KINDS = {
    "public": gettext_lazy("öffentlich"),
    "internal": gettext_lazy("verwaltungsintern"),
    "restricted": gettext_lazy("geschlossen"),
}
MEMBERS = {
    "person": gettext_lazy("Person"),
    "organisation": gettext_lazy("Organisation"),
    "token": gettext_lazy("Schlüssel"),
}
ORGANISATIONS = {
    "city": gettext_lazy("Stadt"),
    "department": gettext_lazy("Amt"),
    "municipal": gettext_lazy("städtischer Betrieb"),
    "partner": gettext_lazy("von außerhalb"),
}
STANDINGS = {
    "draft": gettext_lazy("Entwurf"),
    "coming": gettext_lazy("beginnt noch"),
    "running": gettext_lazy("läuft"),
    "ended": gettext_lazy("beendet"),
}
PERMISSIONS = {
    "use": gettext_lazy("nutzen und auswerten"),
    "reproduce": gettext_lazy("vervielfältigen"),
    "derive": gettext_lazy("bearbeiten und verknüpfen"),
    "distribute": gettext_lazy("weitergeben"),
}
ACTIONS = {
    "read": gettext_lazy("gelesen"),
    "change": gettext_lazy("geändert"),
    "export": gettext_lazy("mitgenommen"),
    "role": gettext_lazy("Rolle"),
    "room": gettext_lazy("Datenraum"),
    "grant": gettext_lazy("Zugang"),
    "terms": gettext_lazy("Bedingungen"),
    "agreement": gettext_lazy("Vereinbarung"),
    "token": gettext_lazy("Schlüssel"),
    "dataset": gettext_lazy("Datensatz"),
    "log": gettext_lazy("Protokoll"),
}

WORDS: Mapping[type[Problem], tuple[Any, Any]] = {
    rooms.RoomExists: (
        gettext_lazy("Diese Kennung hat schon ein anderer Datenraum."),
        gettext_lazy("Wählen Sie eine andere."),
    ),
    rooms.NobodyByThatName: (
        gettext_lazy("Unter diesem Namen ist hier niemand bekannt."),
        gettext_lazy("Nötig ist die E-Mail-Adresse einer Person, die hier in einer Organisation mitarbeitet, "
                     "der genaue Name einer Organisation oder die Nummer eines gültigen Schlüssels. "
                     "Andere laden Sie zuerst in eine Organisation ein."),
    ),
    rooms.SeveralByThatName: (
        gettext_lazy("Mehrere Organisationen heißen so."),
        gettext_lazy("Lassen Sie alle bis auf eine umbenennen, damit niemand Falsches Zugang bekommt."),
    ),
    rooms.TermsHaveChanged: (
        gettext_lazy("Die Bedingungen sind inzwischen andere als die, die Ihnen gezeigt wurden."),
        gettext_lazy("Lesen Sie sie bitte noch einmal und stimmen Sie dann zu."),
    ),
    rooms.NotYourRoom: (
        gettext_lazy("Diesen Datenraum betreuen Sie nicht."),
        gettext_lazy("Das tut die Datenverantwortung der Organisation, der er gehört."),
    ),
    agreements.NotYourAgreement: (
        gettext_lazy("Über diesen Datenraum schließen Sie keine Vereinbarungen."),
        gettext_lazy("Das tut die Datenverantwortung der Organisation, der er gehört."),
    ),
    agreements.NotADraft: (
        gettext_lazy("Diese Vereinbarung gilt oder ist beendet; sie bleibt, wie sie ist."),
        gettext_lazy("Beenden Sie sie und schreiben Sie eine neue."),
    ),
    agreements.NothingAgreed: (
        gettext_lazy("Es fehlt, wer etwas bekommt, oder welche Daten."),
        gettext_lazy("Nennen Sie mindestens eine Seite und einen Datensatz; dann kann sie gelten."),
    ),
    agreements.NotYoursToGive: (
        gettext_lazy("Ein Datensatz dieses Entwurfs liegt inzwischen anderswo oder gehört einer anderen "
                     "Stelle."),
        gettext_lazy("Bearbeiten Sie den Entwurf: Zur Wahl steht, was Sie weitergeben dürfen."),
    ),
    agreements.TimeIsOver: (
        gettext_lazy("Die Vereinbarung wäre vorbei, bevor sie beginnt."),
        gettext_lazy("Wählen Sie einen späteren letzten Tag."),
    ),
    agreements.DocumentTooLarge: (
        gettext_lazy("Diese Datei ist zu groß."),
        gettext_lazy("Bei einer Vereinbarung liegen Dateien bis 10 MB."),
    ),
    keeping.KeptTooShort: (
        gettext_lazy("Einträge bleiben mindestens 30 Tage und höchstens zehn Jahre."),
        gettext_lazy("Wählen Sie eine Zahl dazwischen."),
    ),
    keeping.AdministratorsOnly: (
        gettext_lazy("Das können nur Personen, die die Stadt verwalten."),
        gettext_lazy("Bitten Sie eine von ihnen."),
    ),
    bulk.NothingToChange: (
        gettext_lazy("Keiner der gewählten Datensätze lässt sich so ändern."),
        gettext_lazy("Wählen Sie andere; was im Weg steht, steht daneben."),
    ),
    bulk.TooLateToUndo: (
        gettext_lazy("Das ist schon rückgängig gemacht oder länger als sieben Tage her."),
        gettext_lazy("Ändern Sie die Datensätze einzeln oder in einem neuen Schritt."),
    ),
    log.NotForYou: (
        gettext_lazy("Das Protokoll ist für die, die sich um den Datenschutz kümmern."),
        gettext_lazy("Wer das ist, bestimmt die Verwaltung der Stadt."),
    ),
}  # fmt: skip

_telling = telling.Telling(WORDS)
says, told = _telling.says, _telling.told
