# SPDX-License-Identifier: EUPL-1.2
"""Samples for the gallery: every component in every state, without any data of the city."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from stadtkern.city.ratings.entities import Remark
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.ui import charts, maps, paging
from stadtkern.ui.charts import bars, several
from stadtkern.ui.templatetags.parts import Event
from stadtkern.web.ratings.forms import RatingForm

NOW = datetime(2026, 2, 26, 14, 58, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltungsvorschriftensammelstelle " * 2
_OUTLINE = {
    "type": "Polygon",
    "coordinates": [[[6.7, 51.4], [6.78, 51.47], [6.86, 51.45], [6.85, 51.38], [6.76, 51.36], [6.7, 51.4]]],
}


class SampleForm(forms.Form):
    """One field of each kind."""

    line = forms.CharField(
        label=gettext_lazy("Titel"), help_text=gettext_lazy("In einem Satz, was die Daten zeigen.")
    )
    text = forms.CharField(
        label=gettext_lazy("Beschreibung"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    choice = forms.ChoiceField(
        label=gettext_lazy("Art"),
        choices=[("a", gettext_lazy("Tabelle")), ("b", gettext_lazy("Messreihen"))],
    )
    day = forms.DateField(label=gettext_lazy("Tag"), widget=forms.DateInput(attrs={"type": "date"}))
    one = forms.ChoiceField(
        label=gettext_lazy("Sichtbarkeit"),
        choices=[("p", gettext_lazy("öffentlich")), ("i", gettext_lazy("intern"))],
        widget=forms.RadioSelect,
    )
    agreed = forms.BooleanField(label=gettext_lazy("Ich habe die Bedingungen gelesen."))


def context() -> dict[str, Any]:
    """Everything the gallery shows."""
    filled = {
        "line": "Freie Plätze in Parkhäusern",
        "text": "",
        "choice": "a",
        "day": "2026-02-26",
        "one": "p",
    }
    return {
        "now": NOW,
        "long": _LONG.strip(),
        "blank": SampleForm(auto_id="id_leer_%s"),
        "wrong": SampleForm({**filled, "line": "", "day": "31.02.2026"}, auto_id="id_falsch_%s"),
        "tiles": _tiles(),
        "curve": _curve(),
        "bars": bars.bars(
            [("Neutor", "1.412", 1412.0), ("شارع الميناء 🌳", "820", 820.0), (_LONG.strip(), "−310", -310.0)]
        ),
        "several": _several(),
        "map": _map(),
        "first": paging.between("", "?seite=2", gettext("Seite %(n)s") % {"n": 1}),
        "middle": paging.between("?seite=1", "?seite=3", gettext("Seite %(n)s") % {"n": 2}),
        "steps": [gettext("Datei"), gettext("Plan"), gettext("Prüfung"), gettext("Speichern")],
        "views": [("?", gettext("Neu"), True), ("?stand=x", gettext("Erledigt"), False)],
        "events": [
            Event(NOW, gettext("Vorschlag freigegeben"), "?", "Amt 1"),
            Event(NOW - timedelta(days=3), gettext("Eintrag angelegt")),
        ],
        "none_yet": [],
        "rating_blank": RatingForm(initial={"helped": "ja"}, auto_id="id_bewertung_%s"),
        "rating_wrong": RatingForm({"helped": "", "remark": "x" * 1001}, auto_id="id_bewertung_falsch_%s"),
        "remarks": _remarks(),
        "hour_ago": NOW - timedelta(minutes=3),
        "day_ago": NOW - timedelta(hours=9),
        "year_ago": NOW - timedelta(days=400),
        "quarter": timedelta(minutes=15),
    }


def _remarks() -> list[Remark]:
    said = (
        (True, gettext("Endlich weiß ich, wo noch ein Platz frei ist.")),
        (False, _LONG + "شجرة 🌳"),
    )
    return [Remark(at, "/", helped, text, "de", NOW.date(), False) for at, (helped, text) in enumerate(said)]


def _tiles() -> list[Tile]:
    line = charts.spark([3, 5, 4, 8, 13, 21, 18, None, 12, 9], title=gettext("Verlauf der letzten Stunden"))
    about = [{"attribution": "Stadt Musterstadt", "licence": "CC BY 4.0"}]
    live = Tile(
        key="beispiel-frisch",
        title=gettext("Radverkehr"),
        figure="412",
        unit=gettext("Räder"),
        says=gettext("12 % mehr als sonst um diese Zeit"),
        picture=line,
        at=NOW - timedelta(minutes=3),
        late_after=timedelta(minutes=15),
        datasets=about,
        columns=4,
    )
    stale = Tile(
        key="beispiel-alt",
        title=gettext("Grundwasser"),
        figure="2,41",
        unit="m",
        badge=gettext("niedrig"),
        at=NOW - timedelta(hours=9),
        late_after=timedelta(hours=1),
        datasets=about,
        columns=4,
    )
    empty = Tile(key="beispiel-leer", title=_LONG[:80], figure="–", datasets=about, columns=4)
    return [live, stale, empty]


def _curve() -> SafeString:
    start = NOW - timedelta(hours=24)
    marks = [charts.Mark(start + timedelta(hours=hour), 200 + 150 * math.sin(hour / 4)) for hour in range(25)]
    usual = [charts.Mark(mark.at, 190.0, 120.0, 260.0) for mark in marks]
    gap = (marks[9].at, marks[13].at)
    return charts.draw(
        charts.Curve(
            start=start,
            end=NOW,
            zone=ZONE,
            pieces=[marks[:10], marks[13:]],
            usual=[usual],
            gaps=[gap],
            title=gettext("Räder je Stunde"),
            name="beispiel-kurve",
        )
    )


def _several() -> SafeString:
    start = NOW - timedelta(hours=24)

    def line(label: str, height: float) -> several.Line:
        marks = [
            charts.Mark(start + timedelta(hours=hour), height + 90 * math.sin(hour / 4)) for hour in range(25)
        ]
        return several.Line(label, [marks[:9], marks[12:13], marks[15:]])

    return several.draw(
        several.Chart(
            start=start,
            end=NOW,
            zone=ZONE,
            lines=[line("Neutor", 300.0), line("Mitte", 210.0), line("Hafen", 150.0)],
            events=[several.Event(start + timedelta(hours=10), gettext("Räder je Stunde"))],
            title=gettext("Räder je Stunde"),
            name="beispiel-linien",
        )
    )


def _map() -> SafeString:
    spots = [
        maps.Spot(lon=6.76, lat=51.42, label="Neutor: 412", value=412.0),
        maps.Spot(lon=6.81, lat=51.40, label="Mitte: 120", value=120.0),
        maps.Spot(lon=6.83, lat=51.44, label=gettext("Hafen: keine Messwerte")),
    ]
    return maps.draw(land=[_OUTLINE], spots=spots, title=gettext("Drei Messorte"), name="beispiel-karte")
