# SPDX-License-Identifier: EUPL-1.2
"""What went wrong in a harvest: stored as a code with facts, said in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

_CODES: Mapping[str, Any] = {
    "nothing_listed": _("Die Quelle nennt keine Datensätze. Zurückgezogen wurde nichts."),
    "many_missing": _(
        "%(missing)s von %(known)s Datensätzen fehlen auf einmal. Das ist vermutlich ein Fehler der "
        "Quelle; zurückgezogen wurde nichts."
    ),
    "took_too_long": _("Der Lauf dauerte länger als %(minutes)s Minuten."),
    "too_many": _("Die Quelle nennt mehr als %(most)s Datensätze. Wählen Sie einen kleineren Teil."),
    "too_many_pages": _("Die Quelle hat mehr als %(most)s Seiten. Wählen Sie einen kleineren Teil."),
    "comes_again": _("Die Seiten der Quelle drehen sich im Kreis: %(url)s kam schon einmal."),
    "no_rdf": _("Die Quelle antwortet mit „%(type)s“; das ist kein RDF. Stimmen Adresse und Art?"),
    "no_rdf_at_all": _("Die Antwort der Quelle ist kein RDF. Stimmen Adresse und Art?"),
    "slow_to_read": _("Die Antwort ließ sich nicht in %(seconds)s Sekunden lesen."),
    "large_to_read": _("Die Antwort zu lesen braucht zu viel Zeit oder Arbeitsspeicher."),
    "wrong_rdf": _("Die Antwort ist fehlerhaftes RDF: %(detail)s"),
    "no_ckan": _("Die Antwort stammt nicht von CKANs package_search. Stimmen Adresse und Art?"),
    "ckan_failed": _("CKANs package_search meldet einen Fehler."),
    "broken": _("Die Quelle ließ sich nicht lesen: %(detail)s"),
    "no_title": _("Der Eintrag hat keinen Titel."),
    "no_id": _("Der Eintrag hat keine Kennung."),
    "no_address": _("Ohne brauchbare Adresse und deshalb ausgelassen: %(n)s Formen der Daten."),
    "left_out": _("Ausgelassen: %(detail)s"),
    "not_taken": _("Der Eintrag ließ sich nicht übernehmen: %(detail)s"),
    "AddressRefused": _(
        "Diese Adresse dürfen wir nicht abrufen: Sie führt in ein internes Netz oder ist keine Webadresse."
    ),
    "SourceAnswered": _("Die Quelle antwortet mit einem Fehler: %(detail)s"),
    "AnswerTooLarge": _("Die Antwort der Quelle ist zu groß: %(detail)s"),
}


def said(stored: str) -> str:
    """The sentence; what was stored by an earlier version stays as it is."""
    code, _blank, rest = stored.partition(" ")
    text = _CODES.get(code)
    if text is None:
        return stored
    try:
        facts = msgspec.json.decode(rest, type=dict[str, Any]) if rest else {}
        return str(text) % facts if facts else str(text)
    except (msgspec.DecodeError, KeyError, ValueError):
        return stored
