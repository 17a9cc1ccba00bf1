# SPDX-License-Identifier: EUPL-1.2
"""What goes wrong in the inventory, in the words of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from stadtkern.catalogue.inventory import cells, operations, permissions
from stadtkern.core.problems import Problem
from stadtkern.ui import telling

WORDS: Mapping[type[Problem], tuple[Any, Any]] = {
    operations.TitleIsTaken: (
        gettext_lazy("Diesen Titel hat schon ein anderer Eintrag der Organisation."),
        gettext_lazy("Ändern Sie jenen Eintrag, oder sagen Sie im Titel, was hier anders ist."),
    ),
    operations.ChangedMeanwhile: (
        gettext_lazy("Jemand hat den Eintrag inzwischen geändert oder zur Freigabe vorgeschlagen."),
        gettext_lazy("Es wurde nichts gespeichert. Öffnen Sie den Eintrag neu und ändern Sie ihn dort."),
    ),
    operations.NothingToDecide: (
        gettext_lazy("Über diesen Vorschlag wurde schon entschieden."),
        gettext_lazy(
            "Er wurde angenommen, abgelehnt oder zurückgezogen; der Verlauf des Eintrags sagt, von wem."
        ),
    ),
    operations.ReleaseIsNotReady: (
        gettext_lazy("Für eine Entscheidung fehlen noch Angaben."),
        gettext_lazy(
            "Nötig sind Rechtsgrundlage, Personenbezug und die Einschätzung, ob geöffnet werden darf."
        ),
    ),
    permissions.FourEyes: (
        gettext_lazy("Wer eine Freigabe vorschlägt, kann nicht selbst darüber entscheiden."),
        gettext_lazy("Bitten Sie eine zweite Person mit der Rolle „Veröffentlichung“ darum."),
    ),
    cells.SheetIsUnreadable: (
        gettext_lazy("Diese Datei lässt sich nicht als Excel-Mappe lesen."),
        gettext_lazy("Speichern Sie sie als .xlsx ohne Kennwort, mit höchstens 5.000 Zeilen und 5 MB."),
    ),
}

_telling = telling.Telling(WORDS)
says, told = _telling.says, _telling.told
