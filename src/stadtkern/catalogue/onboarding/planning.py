# SPDX-License-Identifier: EUPL-1.2
"""The form in which somebody says what a file becomes and what each of its columns is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.onboarding import cleaning, words
from stadtkern.catalogue.onboarding.entities import Delivery, Found, Plan
from stadtkern.ingest.imports import compose, sites, tables
from stadtkern.ingest.imports.survey import places, survey
from stadtkern.ingest.imports.survey.columns import Profile

_INTERVALS = [
    ("", _("einen Augenblick")),
    ("PT15M", _("15 Minuten")),
    ("PT1H", _("eine Stunde")),
    ("P1D", _("einen Tag")),
]
_ZONES = [
    ("Europe/Berlin", _("Ortszeit (Sommer- und Winterzeit)")),
    ("UTC", "UTC"),
    ("+01", _("immer Winterzeit")),
]
_SYSTEMS = [(number, f"{words_} (EPSG:{number})") for number, words_ in places.SYSTEMS.items()]


class PlanForm(forms.Form):
    """What the file becomes, and what each column is."""

    target = forms.ChoiceField(label=_("Art des Datensatzes"), widget=forms.RadioSelect)
    zone = forms.ChoiceField(label=_("Zeitzone der Zeiten ohne Zonenangabe"), choices=_ZONES)
    x = forms.ChoiceField(label=_("Spalte mit Länge oder Rechtswert"), required=False)
    y = forms.ChoiceField(label=_("Spalte mit Breite oder Hochwert"), required=False)
    srid = forms.TypedChoiceField(label=_("Bezugssystem der Koordinaten"), coerce=int, choices=_SYSTEMS)
    time = forms.ChoiceField(label=_("Spalte mit der Zeit"), required=False)
    by = forms.ChoiceField(label=_("Spalte mit dem Messort, wenn sich Orte abwechseln"), required=False)
    each = forms.ChoiceField(
        label=_("Mehrere Zahlenspalten sind"),
        choices=[
            ("property", _("mehrere Größen an einem Ort")),
            ("place", _("mehrere Orte mit derselben Größe")),
        ],
    )
    interval = forms.ChoiceField(label=_("Ein Wert gilt für"), required=False, choices=_INTERVALS)
    label = forms.ChoiceField(
        label=_("Die Zeit nennt"), choices=[("start", _("den Beginn")), ("end", _("das Ende"))]
    )
    kind = forms.ChoiceField(
        label=_("Die Werte sind"),
        choices=[
            ("measurement", _("Messwerte (Mittel ist sinnvoll)")),
            ("count", _("Zählungen (Summe ist sinnvoll)")),
            ("state", _("Zustände (gelten bis zum nächsten)")),
        ],
    )
    longitude = forms.FloatField(
        label=_("Länge des Messorts in Grad"),
        required=False,
        min_value=-180,
        max_value=180,
        help_text=_("Nur, wenn alles an einem Ort gemessen wird und die Datei keine Koordinaten hat."),
    )
    latitude = forms.FloatField(
        label=_("Breite des Messorts in Grad"), required=False, min_value=-90, max_value=90
    )
    joins = forms.ChoiceField(label=_("Messreihen, zu denen die Messstellen gehören"), required=False)
    station = forms.ChoiceField(
        label=_("Spalte mit dem Namen der Messstelle"),
        required=False,
        help_text=_("So, wie die Datei mit den Werten sie nennt. Weitere Spalten werden zu ihren Angaben."),
    )
    mode = forms.ChoiceField(
        label=_("Spätere Lieferungen"),
        choices=[
            ("replace", _("ersetzen den Bestand durch eine neue Fassung")),
            ("append", _("fügen Zeilen hinzu")),
            ("upsert", _("ändern Zeilen mit demselben Schlüssel und fügen neue hinzu")),
        ],
        help_text=_("Bei Messreihen kommen neue Zeiten hinzu; Werte zu bekannten Zeiten werden berichtigt."),
    )
    least = forms.IntegerField(
        label=_("Anzahlen von Menschen melden, wenn sie kleiner sind als"),
        min_value=1,
        max_value=100,
        initial=5,
    )
    automatic = forms.BooleanField(
        label=_("Spätere Lieferungen ohne Abweichung gleich übernehmen"), required=False
    )

    def __init__(
        self,
        *args: Any,
        delivery: Delivery,
        found: Found,
        series: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ):
        self.found = found
        self._known_series = series
        self.before = delivery.recipe.plan
        self.suggested = survey.columns_of(self.found.survey)
        super().__init__(*args, **kwargs)
        self.initial = _start(delivery, self.suggested)
        geometry = self.found.survey.place.place.geometry if self.found.survey.place else ""
        self.geometry = geometry
        self._choices()
        for number, column in enumerate(self.suggested):
            self._column(number, column)

    def _choices(self) -> None:
        numeric = [c.source for c in self.suggested if c.type in ("integer", "number")]
        every = [(c.source, c.source) for c in self.suggested]
        moments = [(c.source, c.source) for c in self.suggested if c.type in ("instant", "date")]
        targets = dict(words.TARGETS)
        if not moments:
            del targets["series"]
        if not self.geometry and len(numeric) < 2:
            del targets["features"]
        if "features" not in targets or not self._known_series:
            del targets["stations"], self.fields["joins"], self.fields["station"]
        else:
            self.fields["joins"].choices = [("", "–"), *self._known_series]  # type: ignore[attr-defined]
            self.fields["station"].choices = [("", "–"), *every]  # type: ignore[attr-defined]
        self.fields["target"].choices = list(targets.items())  # type: ignore[attr-defined]
        nothing = [("", "–")]
        self.fields["x"].choices = nothing + [(n, n) for n in numeric]  # type: ignore[attr-defined]
        self.fields["y"].choices = nothing + [(n, n) for n in numeric]  # type: ignore[attr-defined]
        self.fields["time"].choices = nothing + moments  # type: ignore[attr-defined]
        self.fields["by"].choices = nothing + every  # type: ignore[attr-defined]
        if self.geometry:
            del self.fields["x"], self.fields["y"]
        if not moments:
            for name in ("time", "by", "each", "interval", "label", "kind", "longitude", "latitude"):
                del self.fields[name]

    def _column(self, number: int, column: tables.Column) -> None:
        given = {c.source: c for c in self.before.table.columns} if self.before else {}
        shown = given.get(column.source, column)
        use = column.source in given if self.before else True
        key = bool(self.before and shown.name in self.before.table.key)
        fields: dict[str, forms.Field] = {
            "use": forms.BooleanField(
                required=False,
                initial=use,
                label=_("übernehmen"),
                widget=forms.CheckboxInput(attrs={"class": "kern-form-check__checkbox"}),
            ),
            "title": forms.CharField(max_length=120, initial=shown.title, required=False, label=_("Name")),
            "type": forms.ChoiceField(choices=list(words.TYPES.items()), initial=shown.type, label=_("Art")),
            "unit": forms.CharField(max_length=30, initial=shown.unit, required=False, label=_("Einheit")),
            "void": forms.CharField(
                max_length=500, initial=cleaning.written(shown), required=False, label=_("Wörter ohne Wert")
            ),
            "key": forms.BooleanField(required=False, initial=key, label=_("Schlüssel")),
        }
        for name, field in fields.items():
            self.fields[f"c{number}-{name}"] = field

    def columns(self) -> Iterator[dict[str, Any]]:
        """Each column with its profile and its fields, for the template."""
        profiles: Mapping[str, Profile] = {p.label: p for p in self.found.survey.profiles}
        for number, column in enumerate(self.suggested):
            fields = {n: self[f"c{number}-{n}"] for n in ("use", "title", "type", "unit", "void", "key")}
            yield {"source": column.source, "profile": profiles[column.source], **fields}

    def clean(self) -> dict[str, Any]:
        """Some things go only together."""
        given = super().clean() or {}
        target = given.get("target")
        if target == "features" and not self.geometry and not (given.get("x") and given.get("y")):
            self.add_error("x", _("Für die Karte braucht es beide Spalten der Koordinaten."))
        if target == "stations":
            for name in ("joins", "station", *(() if self.geometry else ("x", "y"))):
                if not given.get(name):
                    self.add_error(name, _("Das braucht es für die Orte der Messstellen."))
        if target == "series":
            self._check_series(given)
        if given.get("mode") == "upsert" and target != "series" and not self._keys(given):
            self.add_error("mode", _("Kreuzen Sie an, welche Spalten der Schlüssel sind."))
        if not any(given.get(f"c{n}-use") for n in range(len(self.suggested))):
            raise forms.ValidationError(_("Wählen Sie mindestens eine Spalte."))
        return given

    def _check_series(self, given: Mapping[str, Any]) -> None:
        if (given.get("longitude") is None) != (given.get("latitude") is None):
            self.add_error("longitude", _("Der Ort braucht Länge und Breite."))
        used = [n for n in range(len(self.suggested)) if given.get(f"c{n}-use")]
        time = given.get("time")
        if not time:
            self.add_error("time", _("Messreihen brauchen eine Spalte mit der Zeit."))
        elif time not in [self.suggested[n].source for n in used]:
            self.add_error("time", _("Diese Spalte ist unten nicht zum Übernehmen angekreuzt."))
        spot = () if given.get("each") == "place" and not given.get("by") else ("x", "y")
        apart = {time, *(given.get(name) for name in ("by", *spot))}
        values = [n for n in used if self.suggested[n].source not in apart]
        if values and not any(given.get(f"c{n}-type") in ("integer", "number") for n in values):
            self.add_error(
                "target", _("Keine der angekreuzten Spalten hat Zahlen, die eine Messreihe sein können.")
            )
        elif used and not values:
            self.add_error("target", _("Kreuzen Sie mindestens eine Spalte mit Messwerten an."))

    def _keys(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(
            c.name for n, c in enumerate(self.suggested) if given.get(f"c{n}-key") and given.get(f"c{n}-use")
        )

    def plan(self) -> Plan:
        """The plan that was chosen."""
        given = self.cleaned_data
        series = None
        if given["target"] == "series":
            series = compose.Series(
                time=given["time"],
                by=given["by"],
                each=given["each"],
                interval=given["interval"],
                label=given["label"],
                kind=given["kind"],
                longitude=given["longitude"],
                latitude=given["latitude"],
            )
        joined = None
        if given["target"] == "stations":
            joined = sites.Sites(dataset=given["joins"], by=given["station"])
        zone = "Etc/GMT-1" if given["zone"] == "+01" else given["zone"]
        table = tables.Table(
            file=self.found.survey.file,
            zone=zone,
            columns=[
                cleaning.chosen(c, given, n) for n, c in enumerate(self.suggested) if given[f"c{n}-use"]
            ],
            place=self._place(given),
            key=self._keys(given),
            mode=given["mode"],
        )
        return Plan(
            target=given["target"],
            table=table,
            series=series,
            sites=joined,
            part=self.found.part,
            least=given["least"],
            about=self.before.about if self.before else None,
            automatic=given["automatic"],
        )

    def _place(self, given: Mapping[str, Any]) -> tables.Place | None:
        """Where rows lie, or stations stand; several columns of places have no coordinates of their own."""
        target = given["target"]
        if target in ("features", "stations") and self.geometry:
            return tables.Place(geometry=self.geometry, srid=given["srid"])
        if not (given.get("x") and given.get("y")) or target == "table":
            return None
        if target == "series" and given["each"] == "place" and not given["by"]:
            return None
        return tables.Place(x=given["x"], y=given["y"], srid=given["srid"])


def _start(delivery: Delivery, columns: Sequence[tables.Column]) -> dict[str, Any]:
    """What the survey suggests, or what was chosen before."""
    found, plan = delivery.found, delivery.recipe.plan
    place = found.survey.place.place if found and found.survey.place else None
    if plan is not None:
        zone = "+01" if plan.table.zone == "Etc/GMT-1" else plan.table.zone
        series = msgspec.to_builtins(plan.series) if plan.series else {}
        place = plan.table.place or place
        chosen = {"target": plan.target, "zone": zone, "mode": plan.table.mode, "least": plan.least}
        if plan.sites is not None:
            chosen |= {"joins": plan.sites.dataset, "station": plan.sites.by}
        return {**series, **chosen, "automatic": plan.automatic, **_spot(place)}
    numbers = [c for c in columns if c.type in ("integer", "number")]
    seen = found.survey.pattern if found else None
    spots = {place.x, place.y} if place else set()
    telling = any(c.source not in spots for c in numbers)
    series_like = bool(seen and seen.likely and (place is None or (place.x and seen.by and telling)))
    return {
        "target": "series" if series_like else "features" if place else "table",
        "zone": "Europe/Berlin",
        "time": seen.time if seen else "",
        "by": seen.by if seen else "",
        "each": "place" if len(numbers) > 8 else "property",
        "mode": "replace",
        "automatic": True,
        **_spot(place),
    }


def _spot(place: tables.Place | None) -> dict[str, Any]:
    return {"x": place.x, "y": place.y, "srid": place.srid} if place else {"srid": 25832}
