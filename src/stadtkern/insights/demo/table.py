# SPDX-License-Identifier: EUPL-1.2
"""The demo's dataset of tables: the counters with their years, on a map, and every month."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from stadtkern.catalogue import automatic, vocabularies
from stadtkern.catalogue import operations as catalogue
from stadtkern.catalogue.onboarding import offers
from stadtkern.city.demo import sets
from stadtkern.core.database import Connection
from stadtkern.features import operations as features
from stadtkern.features.entities import Column
from stadtkern.insights.demo import counters
from stadtkern.insights.demo.counters import Sums

KEY = "musterstadt-radzaehlstellen"
MONTHS = f"{KEY}-monate"
_LAST = counters.YEARS[-1]
_TITLE = {
    "de": "Radzählstellen: Räder je Jahr und Monat",
    "en": "Bicycle counters: bicycles by year and month",
    "de-simple": "So viele Fahr·räder fahren im Jahr",
}
_DESCRIPTION = {
    "de": "An welcher Zählstelle fahren die meisten Räder, und wie unterscheiden sich Sommer und Winter? Die"
    " Summen der Jahre 2024 und 2025 für 23 Zählstellen mit ihrer Lage, dazu jeder Monat seit Januar 2023."
    " Echte Messwerte aus Münster; nur ihre Lage in Musterstadt ist frei erfunden.",
    "en": "Which counter sees the most bicycles, and how do summer and winter differ? The sums of 2024 and"
    " 2025 for 23 counters with their places, and every month since January 2023. Real readings from Münster;"
    " only their places in Musterstadt are made up.",
    "de-simple": "In Muster·stadt gibt es Zähl·stellen für Fahr·räder.\n"
    "Hier steht: So viele Fahr·räder waren es in einem Jahr.\n"
    "Und so viele waren es in jedem Monat.\n"
    "Die Zahlen sind echt.\nSie kommen aus Münster.",
}
_COUNTERS = (
    Column(name="zaehlstelle", type="text", title={"de": "Zählstelle", "en": "Counter"}, key=True),
    Column(
        name="stadtteil", type="text", title={"de": "Stadtteil", "en": "Quarter"},
        description={"de": "In Musterstadt; frei erfunden.", "en": "In Musterstadt; made up."},
    ),
    Column(name="zaehlt_seit", type="date", title={"de": "Zählt seit", "en": "Counts since"}),
    *(
        Column(name=f"raeder_{year}", type="integer", title={"de": f"Räder {year}", "en": f"Bicycles {year}"})
        for year in counters.YEARS
    ),
    Column(
        name=f"je_tag_{_LAST}", type="integer",
        title={"de": f"Räder je Tag {_LAST}", "en": f"Bicycles a day {_LAST}"},
        description={
            "de": "Im Mittel der Stunden mit Werten, hochgerechnet auf 24 Stunden.",
            "en": "Mean of the hours with values, for 24 hours.",
        },
    ),
    Column(
        name="staerkster_tag", type="date",
        title={"de": f"Stärkster Tag {_LAST}", "en": f"Strongest day {_LAST}"},
    ),
    Column(
        name="raeder_am_staerksten_tag", type="integer",
        title={"de": "Räder an diesem Tag", "en": "Bicycles on that day"},
    ),
    Column(
        name=f"stunden_mit_werten_{_LAST}", type="integer", unit="h",
        title={"de": f"Stunden mit Werten {_LAST}", "en": f"Hours with values {_LAST}"},
        description={
            "de": f"Von 8.760; fehlen viele, ist die Summe {_LAST} zu klein.",
            "en": f"Of 8,760; where many are missing, the sum of {_LAST} is too small.",
        },
    ),
)  # fmt: skip
_MONTHS = (
    Column(name="monat", type="date", title={"de": "Monat", "en": "Month"}, key=True),
    Column(name="zaehlstelle", type="text", title={"de": "Zählstelle", "en": "Counter"}, key=True),
    Column(name="raeder", type="integer", title={"de": "Räder", "en": "Bicycles"}),
    Column(
        name="stunden", type="integer", unit="h",
        title={"de": "Stunden mit Werten", "en": "Hours with values"},
    ),
)  # fmt: skip
_METADATA: Mapping[str, Any] = {
    "themes": ("TRAN",),
    "keywords": {
        "de": ("Radverkehr", "Fahrrad", "Zählstelle", "Jahressumme"),
        "en": ("cycling", "bicycle", "counter", "yearly sum"),
    },
    "frequency": "NEVER",
    "musterdatensaetze": ("verkehr/radverkehr/messung",),
    "documentation": (sets.BICYCLES.about["source"],),
    "political_level": "municipality",
    "access_rights": "PUBLIC",
    "availability": "AVAILABLE",
    "language": ("DEU",),
}


async def make(connection: Connection) -> None:
    """The dataset with both tables and its downloads, public as the other data of the demo are."""
    found = await asyncio.to_thread(counters.sums)
    made = await catalogue.create(
        connection, by=None, kind="features", key=KEY, state="published",
        title=_TITLE, description=_DESCRIPTION, **_METADATA,
    )  # fmt: skip
    places = await features.create(
        connection,
        dataset_id=made.id,
        key=made.key,
        columns=_COUNTERS,
        geometry="Point",
        title={"de": "alle 23 Zählstellen", "en": "all 23 counters"},
    )
    await features.load(connection, collection=places, batches=[list(_counters(found))], mode="replace")
    months = await features.create(
        connection, dataset_id=made.id, key=MONTHS, columns=_MONTHS,
        title={"de": "Jeder Monat seit 2023", "en": "Every month since 2023"},
    )  # fmt: skip
    rows = sorted((m.first_day, m.counter.name, m.bicycles, m.hours) for m in found.months)
    await features.load(connection, collection=months, batches=[rows], mode="replace")
    await automatic.place_features(connection, dataset_id=made.id)
    await offers.offer_table(
        connection,
        dataset_id=made.id,
        key=made.key,
        spatial=True,
        licence=vocabularies.LICENCES + "dl-by-de/2.0",
        attribution=str(sets.BICYCLES.about["attribution"]),
    )


def _counters(found: Sums) -> Iterator[tuple[Any, ...]]:
    years = counters.by_year(found.months)
    for counter in sorted(counters.counters().values(), key=lambda each: each.name):
        sums = [years.get((counter.id, year), (0, 0)) for year in counters.YEARS]
        bicycles, hours = sums[-1]
        best = found.best.get(counter.id)
        yield (
            counter.name,
            str(counter.point.properties["quarter"]),
            counter.since,
            *(each[0] if each[1] else None for each in sums),
            counters.a_day(bicycles, hours),
            best.day if best else None,
            best.bicycles if best else None,
            hours,
            {"type": "Point", "coordinates": [counter.point.longitude, counter.point.latitude]},
        )
