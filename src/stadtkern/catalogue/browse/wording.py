# SPDX-License-Identifier: EUPL-1.2
"""The catalogue's codes in words: kinds, licences, quality, as people on the pages read them."""

from __future__ import annotations

from django.utils.translation import get_language, gettext, gettext_lazy

from stadtkern.catalogue import quality, vocabularies
from stadtkern.catalogue.entities import Dataset, Distribution, text_of

KINDS = {
    "series": gettext_lazy("Zeitreihen"),
    "table": gettext_lazy("Tabelle"),
    "features": gettext_lazy("Geodaten"),
    "files": gettext_lazy("Dateien"),
    "link": gettext_lazy("Verweis"),
}
LEVELS = {
    "excellent": gettext_lazy("ausgezeichnet"),
    "good": gettext_lazy("gut"),
    "sufficient": gettext_lazy("ausreichend"),
    "bad": gettext_lazy("lückenhaft"),
}
STATES = {
    "draft": gettext_lazy("Entwurf"),
    "published": gettext_lazy("veröffentlicht"),
    "withdrawn": gettext_lazy("zurückgezogen"),
}
# What to do for the points of a metric.
METRICS = {
    "keywords": gettext_lazy("Schlagwort ergänzen"),
    "themes": gettext_lazy("Thema ankreuzen"),
    "spatial": gettext_lazy("Gebiet angeben"),
    "temporal": gettext_lazy("Zeitraum angeben"),
    "conforms": gettext_lazy("Titel, Beschreibung und Lizenzen vervollständigen (DCAT-AP.de)"),
    "access_rights": gettext_lazy("Zugang angeben"),
    "access_rights_known": gettext_lazy("Zugang aus der Liste wählen"),
    "contact": gettext_lazy("Kontakt angeben"),
    "publisher": gettext_lazy("Stelle angeben"),
    "issued": gettext_lazy("Veröffentlichen"),
    "modified": gettext_lazy("Stand der Daten angeben"),
    "access_url": gettext_lazy("Eine Form der Daten mit Adresse ergänzen"),
    "download_url": gettext_lazy("Direkten Download anbieten"),
    "download_answers": gettext_lazy("Der direkte Download muss antworten"),
    "format": gettext_lazy("Format angeben"),
    "media_type": gettext_lazy("Format mit Medientyp wählen"),
    "format_known": gettext_lazy("Format aus der Liste wählen"),
    "open_format": gettext_lazy("Offenes Format anbieten, etwa CSV"),
    "machine_readable": gettext_lazy("Maschinenlesbares Format anbieten"),
    "licence": gettext_lazy("Lizenz angeben"),
    "licence_known": gettext_lazy("Lizenz aus der Liste wählen"),
    "rights": gettext_lazy("Quellenangabe oder Hinweise zu Rechten ergänzen"),
    "byte_size": gettext_lazy("Größe der Datei angeben"),
}
MISSING = {
    "title": gettext_lazy("ein Titel"),
    "description": gettext_lazy("eine Beschreibung"),
    "distributions": gettext_lazy("mindestens eine Form der Daten"),
    "licence": gettext_lazy("eine Lizenz für jede Form der Daten"),
    "attribution": gettext_lazy("eine Quellenangabe, weil die Lizenz sie verlangt"),
}
TABLES = {
    "theme": "themes",
    "hvd": "hvd_categories",
    "frequency": "frequencies",
    "language": "languages",
    "access_rights": "access_rights",
    "availability": "availability",
    "political_level": "political_levels",
}


def language() -> str:
    """The page's language, as texts are keyed."""
    return (get_language() or "de")[:2]


def said(texts: object) -> str:
    """A text in the page's language."""
    return text_of(texts, get_language() or "de") if isinstance(texts, dict) else ""


def name(facet: str, value: str) -> str:
    """What a value of a facet or field is called."""
    if facet == "kind":
        return str(KINDS.get(value, value))
    if facet == "format":
        known = vocabularies.file_types().get(value)
        return known.name if known else value
    if facet == "licence":
        return vocabularies.licence(value).name
    return vocabularies.name(TABLES[facet], value, language=language())


def themes() -> list[tuple[str, str]]:
    """The themes by code, in the page's language."""
    return [(code, name("theme", code)) for code in vocabularies.codes("themes")]


def licence_in_words(form: Distribution) -> str:
    """What one may do with the data and what one must do for it."""
    licence = vocabularies.licence(form.licence)
    code = licence.code
    if not form.licence:
        return gettext("Es ist keine Lizenz angegeben. Fragen Sie nach, bevor Sie die Daten weiterverwenden.")
    if code in ("dl-zero-de/2.0", "cc-zero", "odcpddl", "ccpdm/1.0", "officialWork"):
        return gettext("Sie dürfen die Daten für alles nutzen, ohne Bedingungen.")
    parts = []
    if licence.open:
        parts.append(gettext("Sie dürfen die Daten für alles nutzen, auch gewerblich."))
    if "-nc" in code:
        parts.append(gettext("Sie dürfen die Daten nutzen, aber nicht für gewerbliche Zwecke."))
    if "-nd" in code:
        parts.append(gettext("Verändert dürfen Sie sie nicht weitergeben."))
    if licence.attribution:
        parts.append(gettext("Nennen Sie die Quelle."))
    if "-sa" in code or code == "odbl":
        parts.append(gettext("Was Sie daraus machen, steht unter derselben Lizenz."))
    return " ".join(parts) or gettext("Was erlaubt ist, steht im Text der Lizenz.")


def level_in_words(score: quality.Score) -> str:
    """`ausgezeichnet beschrieben`."""
    return gettext("%(level)s beschrieben") % {"level": LEVELS[score.level]}


def quality_in_words(score: quality.Score) -> str:
    """`ausgezeichnet beschrieben: 362 von 405 Punkten`."""
    words = {"level": LEVELS[score.level], "points": score.points, "most": quality.MOST}
    return gettext("%(level)s: %(points)s von %(most)s Punkten") % words


def licences(dataset: Dataset) -> list[Distribution]:
    """One form per licence, for saying each licence once."""
    return list({form.licence: form for form in reversed(dataset.distributions)}.values())[::-1]
