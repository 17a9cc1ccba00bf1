# SPDX-License-Identifier: EUPL-1.2
"""The simulated probes of Musterstadt: what they are, where they stand and how they are made known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from stadtkern.city.demo import sets
from stadtkern.ingest.imports import mapping

_UNITS = {
    "air_temperature": mapping.Unit(
        name="Grad Celsius", symbol="°C", definition="https://qudt.org/vocab/unit/DEG_C"
    ),
    "humidity": mapping.Unit(name="Prozent", symbol="%", definition="https://qudt.org/vocab/unit/PERCENT"),
    "soil_moisture": mapping.Unit(
        name="Volumenprozent", symbol="Vol.-%", definition="https://qudt.org/vocab/unit/PERCENT"
    ),
    "groundwater": mapping.Unit(
        name="Meter über Normalhöhennull", symbol="m ü. NHN", definition="https://qudt.org/vocab/unit/M"
    ),
    "bay": mapping.Unit(),
}
_PROPERTIES = {
    "air_temperature": mapping.Property(
        key="lufttemperatur",
        name="Lufttemperatur",
        definition="https://qudt.org/vocab/quantitykind/Temperature",
    ),
    "humidity": mapping.Property(
        key="luftfeuchte",
        name="Luftfeuchte",
        definition="https://qudt.org/vocab/quantitykind/RelativeHumidity",
    ),
    "soil_moisture": mapping.Property(
        key="bodenfeuchte", name="Bodenfeuchte", definition="https://www.wikidata.org/wiki/Q568748"
    ),
    "groundwater": mapping.Property(
        key="grundwasserstand", name="Grundwasserstand", definition="https://www.wikidata.org/wiki/Q161598"
    ),
    "bay": mapping.Property(
        key="stellplatz-belegt", name="Stellplatz belegt", definition="https://www.wikidata.org/wiki/Q6501349"
    ),
}
_SENSORS = {
    "air_temperature": mapping.Sensor(
        key="sim-klima", name="Simulierter Klimafühler", description="Kein Gerät: erfundene Werte"
    ),
    "humidity": mapping.Sensor(
        key="sim-klima", name="Simulierter Klimafühler", description="Kein Gerät: erfundene Werte"
    ),
    "soil_moisture": mapping.Sensor(
        key="sim-boden", name="Simulierte Bodensonde", description="Kein Gerät: erfundene Werte"
    ),
    "groundwater": mapping.Sensor(
        key="sim-pegel", name="Simulierter Pegel", description="Kein Gerät: erfundene Werte"
    ),
    "bay": mapping.Sensor(
        key="sim-bucht", name="Simulierter Parksensor", description="Kein Gerät: erfundene Werte"
    ),
}


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One datastream of a simulated probe."""

    dataset: str
    thing: mapping.Thing
    key: str
    name: str
    kind: str
    seed: int
    every_seconds: int
    settings: Mapping[str, Any] = {}

    def series(self) -> mapping.Series:
        """As a mapping would say it."""
        bay = self.kind == "bay"
        return mapping.Series(
            column=self.key,
            clean=mapping.Clean(type="boolean" if bay else "number"),
            thing=self.thing,
            sensor=_SENSORS[self.kind],
            property=_PROPERTIES[self.kind],
            datastream=mapping.Stream(
                key=self.key,
                name=self.name,
                description="Simuliert: erfundene Werte",
                unit=_UNITS[self.kind],
                kind="state" if bay else "measurement",
                properties={"simulated": True, **self.settings},
            ),
        )


def _thing(
    key: str, name: str, *, kind: str, german: str, english: str, owner: str, since: str
) -> mapping.Thing:
    return mapping.Thing(
        key=key,
        name=name,
        description=german,
        properties={
            "purpose": {"de": german, "en": english},
            "owner": owner,
            "since": since,
            "simulated": True,
            "type": kind,
        },
    )


_TREES = (
    ("Linde am Rathausplatz", 0.0),
    ("Platane am Marktbrunnen", 1.5),
    ("Spitzahorn im Stadtgarten", -1.0),
    ("Rosskastanie an der Uferpromenade", 0.5),
    ("Junge Eiche am Schulzentrum", 6.5),
    ("Hainbuche am Klinikum", 2.0),
)
_WELLS = (("Grundwasserpegel Nord", 27.4), ("Grundwasserpegel Mitte", 25.1), ("Grundwasserpegel Süd", 29.8))
_STATIONS = (
    ("Klimastation Marktplatz", 1.4),
    ("Klimastation Stadtgarten", -0.6),
    ("Klimastation Hafen", 0.3),
)
_BAYS = (
    "Rathausplatz 1",
    "Rathausplatz 2",
    "Bahnhofsvorplatz",
    "Klinikum Haupteingang",
    "Stadtbibliothek",
    "Theater",
    "Ärztehaus Mitte",
    "Hallenbad",
)


def _trees() -> Iterator[Probe]:
    for number, (name, dry) in enumerate(_TREES, 1):
        key = f"sim-baum-{number}"
        thing = _thing(
            key,
            name,
            kind="tree",
            owner="Amt für Stadtgrün",
            since="2025-03-01",
            german="Misst die Bodenfeuchte in drei Tiefen, damit der Baum gegossen wird, wenn er es braucht.",
            english="Measures soil moisture at three depths so that the tree is watered when it needs it.",
        )
        for depth in (30, 60, 90):
            yield Probe(
                dataset=sets.PROBES.key,
                thing=thing,
                key=f"{key}-{depth}",
                name=f"Bodenfeuchte {depth} cm, {name}",
                kind="soil_moisture",
                seed=100 * number + depth,
                every_seconds=30,
                settings={"depth_cm": depth, "dry": dry},
            )


def _wells() -> Iterator[Probe]:
    for number, (name, level) in enumerate(_WELLS, 1):
        thing = _thing(
            f"sim-pegel-{number}",
            name,
            kind="well",
            owner="Untere Wasserbehörde",
            since="2024-06-15",
            german="Beobachtet den Grundwasserstand, um Trockenheit und nasse Keller früh zu erkennen.",
            english="Watches the groundwater level to notice drought and wet cellars early.",
        )
        yield Probe(
            dataset=sets.PROBES.key,
            thing=thing,
            key=f"sim-pegel-{number}-stand",
            name=f"Grundwasserstand, {name}",
            kind="groundwater",
            seed=2000 + number,
            every_seconds=60,
            settings={"level": level},
        )


def _climate() -> Iterator[Probe]:
    for number, (name, offset) in enumerate(_STATIONS, 1):
        thing = _thing(
            f"sim-klima-{number}",
            name,
            kind="climate",
            owner="Umweltamt",
            since="2025-05-01",
            german="Zeigt, wie sich die Stadt an heißen Tagen aufheizt und wo es kühl bleibt.",
            english="Shows how the city heats up on hot days and where it stays cool.",
        )
        for kind, german, pace in (("air_temperature", "Lufttemperatur", 5), ("humidity", "Luftfeuchte", 15)):
            yield Probe(
                dataset=sets.PROBES.key,
                thing=thing,
                key=f"sim-klima-{number}-{kind}",
                name=f"{german}, {name}",
                kind=kind,
                seed=3000 + 10 * number,
                every_seconds=pace,
                settings={"offset": offset if kind == "air_temperature" else -2 * offset},
            )


def _bays() -> Iterator[Probe]:
    for number, name in enumerate(_BAYS, 1):
        thing = _thing(
            f"sim-bucht-{number}",
            f"Behindertenstellplatz {name}",
            kind="bay",
            owner="Amt für Mobilität",
            since="2025-09-01",
            german="Zeigt, ob der Behindertenstellplatz frei ist. Erkannt wird nur, ob dort etwas steht.",
            english="Shows whether the disabled parking bay is free. It only senses whether it is taken.",
        )
        yield Probe(
            dataset=sets.PROBES.key,
            thing=thing,
            key=f"sim-bucht-{number}-belegt",
            name=f"Belegt, {name}",
            kind="bay",
            seed=4000 + number,
            every_seconds=10,
        )


def _town_hall() -> Iterator[Probe]:
    thing = _thing(
        "sim-rathaus-1",
        "Serverraum im Rathaus",
        kind="indoor",
        owner="Amt für Digitalisierung",
        since="2025-10-01",
        german="Warnt, wenn es im Serverraum zu warm wird. Nicht öffentlich.",
        english="Warns when the server room gets too warm. Not public.",
    )
    yield Probe(
        dataset=sets.RESTRICTED.key,
        thing=thing,
        key="sim-rathaus-1-temperatur",
        name="Temperatur, Serverraum",
        kind="air_temperature",
        seed=5001,
        every_seconds=60,
        settings={"offset": 12.0},
    )


def probes() -> list[Probe]:
    """All of them."""
    return [*_trees(), *_wells(), *_climate(), *_bays(), *_town_hall()]
