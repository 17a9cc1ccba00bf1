# SPDX-License-Identifier: EUPL-1.2
"""What the page about the API shows: entity types, example queries, lines of code to take away."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext as _

from stadtkern.things import entities
from stadtkern.things.language import paths
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import reader
from stadtkern.ui.visit import Visit

Row = dict[str, Any]
_FETCH = 'const answer = await fetch("{address}");\nif (!answer.ok) throw new Error(await answer.text());\n'
_START = "Things?$expand=Datastreams&$top=5"


async def context(visit: Visit, *, api: str) -> dict[str, Any]:
    """Everything the template needs; `api` is the public address of the service."""
    rows = _rows()
    read = reader.Reader(visit.connection, visit.scope, api)
    first = await reader.follow(
        read, resource=paths.parse("Datastreams"), options=Options(select=("id",), top=1)
    )
    number = next((item["@iot.id"] for item in first["value"]), 1)
    return {
        "api": api,
        "types": rows,
        "types_json": msgspec.json.encode([_for_script(row) for row in rows]).decode(),
        "start": f"{api}/{_START}",
        "examples": _examples(number),
        "snippets": _snippets(f"{api}/{_START}"),
    }


def mqtt_lines(endpoints: tuple[str, str] | None, *, prefix: str) -> dict[str, str] | None:
    """Lines that follow a Datastream and that send a reading; `endpoints` for publishing and subscribing.

    None where an endpoint is of a kind that these programs do not speak, such as WebSockets.
    """
    writing, reading = map(_host, endpoints or ("", ""))
    if not writing or not reading:
        return None
    topic = f"-t '{prefix}/Datastreams(1)/Observations'"
    sent = f"{topic} -m '{{\"result\": 12}}'"
    return {
        "read": f"mosquitto_sub {reading} {topic}",
        "write": f"mosquitto_pub {writing} -q 1 -u sensor -P TOKEN \\\n  {sent}",
    }


def _host(endpoint: str) -> str:
    """Options for host and port; empty where the endpoint names none."""
    try:
        address = urlsplit(endpoint)
        name, port = address.hostname, address.port
    except ValueError:
        return ""
    if address.scheme not in ("mqtt", "mqtts") or not name:
        return ""
    encrypted = " --tls-use-os-certs" if address.scheme == "mqtts" else ""
    return f"-h {name} -p {port or (8883 if encrypted else 1883)}{encrypted}"


def _rows() -> list[Row]:
    means = {
        "Things": _("Messorte und Objekte"),
        "Locations": _("Orte, an denen sie stehen"),
        "HistoricalLocations": _("frühere Orte, mit Zeitpunkt"),
        "Datastreams": _("Messreihen, je Ort und Größe eine"),
        "MultiDatastreams": _("Messreihen mit mehreren Größen zugleich"),
        "Sensors": _("Messgeräte und Verfahren"),
        "ObservedProperties": _("Messgrößen"),
        "Observations": _("einzelne Messwerte"),
        "FeaturesOfInterest": _("wovon die Messwerte handeln"),
    }
    return [
        {
            "set": entity.set,
            "means": means.get(entity.set, ""),
            "properties": ["id", *(item.name for item in entity.properties)],
            "relations": [relation for relation in entity.relations if not relation.silent],
        }
        for entity in entities.ENTITIES
    ]


def _for_script(row: Row) -> Row:
    relations = [
        {"name": relation.name, "set": entities.target(relation).set, "many": relation.many}
        for relation in row["relations"]
    ]
    return {"set": row["set"], "properties": row["properties"], "relations": relations}


def _examples(number: int) -> list[tuple[str, str]]:
    """What is asked in words, and the query."""
    newest = "$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"
    one = f"Datastreams({number})/Observations"
    return [
        (_("Alle Messorte mit dem neuesten Wert jeder Messreihe"), f"Things?{newest}"),
        (_("Messreihen, deren Name mit F beginnt"), "Datastreams?$filter=startswith(name,'F')"),
        (_("Messorte als GeoJSON für die Karte"), "Things?$resultFormat=GeoJSON"),
        (
            _("Die Werte einer Messreihe als CSV-Datei"),
            f"{one}?$select=phenomenonTime,result&$resultFormat=CSV",
        ),
        (
            _("Die Werte der letzten sieben Tage, platzsparend als Zeilen"),
            f"{one}?$filter=phenomenonTime ge now() sub duration'P7D'&$resultFormat=dataArray",
        ),
        (_("Tageswerte: Mittel, kleinster und größter Wert"), f"{one}?$aggregate=day(mean,min,max,count)"),
        (
            _("Die letzten 24 Stundenmittel"),
            f"{one}?$aggregate=hour(mean)&$orderby=phenomenonTime desc&$top=24",
        ),
        (_("Eine Kurve aus 500 Punkten, die ihre Form behält"), f"{one}?$downsample=lttb(500)"),
    ]


def _snippets(address: str) -> list[Row]:
    """Lines to take away; {address} stands for the address, the second form reads CSV."""
    found = [
        (
            "curl",
            "curl",
            "curl --globoff '{address}'",
            "curl --globoff --remote-header-name --remote-name '{address}'",
        ),
        (
            "python",
            "Python",
            'import requests\n\nanswer = requests.get("{address}", timeout=30)\n'
            "answer.raise_for_status()\nprint(answer.json())",
            'import pandas\n\ntable = pandas.read_csv("{address}")\nprint(table.head())',
        ),
        (
            "javascript",
            "JavaScript",
            _FETCH + "console.log(await answer.json());",
            _FETCH + "console.log(await answer.text());",
        ),
        (
            "r",
            "R",
            'library(jsonlite)\n\nanswer <- fromJSON("{address}")\nstr(answer$value)',
            'table <- read.csv("{address}")\nhead(table)',
        ),
    ]
    shown = _encoded(address)
    return [
        {"key": key, "title": title, "json": plain, "csv": csv, "text": plain.replace("{address}", shown)}
        for key, title, plain, csv in found
    ]


def _encoded(address: str) -> str:
    return address.replace(" ", "%20").replace("'", "%27")
