# SPDX-License-Identifier: EUPL-1.2
"""Datasets as they come: complete, bare, high-value, and with texts that break writers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from stadtkern.catalogue.entities import Agent, Contact, Dataset, Distribution, Room, Service

NASTY = (
    "Bäume & „Sträucher“ <script>alert('x')</script> \"\"\" ''' \\ \\u0041 ]]> %3C {} | ^ ` \u2028\u2029\x85 "
    "Zeile\r\nzwei\tTab @de ^^<x> . ; # 🌳 é\u0301 \u200f שלום"
)
NOW = datetime(2026, 2, 26, 15, 58, tzinfo=UTC)
HOME = "https://musterstadt.example"
CITY = Agent(
    id=1,
    name={"de": "Stadt Musterstadt", "en": "City of Musterstadt"},
    kind="city",
    url=HOME,
    email="daten@musterstadt.example",
    contributor_id="http://dcat-ap.de/def/contributors/openNRW",
)
DL_BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
ROOM = Room(id=1, key="public", kind="public")


def uuid(number: int) -> UUID:
    """A UUID of its own."""
    return UUID(int=number + (1 << 100))


def form(number: int = 1, **said: Any) -> Distribution:
    """A CSV to download."""
    given: dict[str, Any] = {
        "id": number,
        "uuid": uuid(1000 + number),
        "dataset_id": 1,
        "title": {"de": "Als CSV"},
        "access_url": "/daten/x/daten.csv",
        "download_url": "/daten/x/daten.csv",
        "format": "CSV",
        "media_type": "text/csv",
        "licence": DL_BY,
    }
    return Distribution(**(given | said))


def record(number: int = 1, **said: Any) -> Dataset:
    """A dataset of which only what must be said is said."""
    given: dict[str, Any] = {
        "id": number,
        "uuid": uuid(number),
        "key": f"datensatz-{number}",
        "kind": "files",
        "state": "published",
        "room": ROOM,
        "organisation": CITY,
        "created_at": NOW,
        "changed_at": NOW,
        "title": {"de": f"Datensatz {number}"},
        "description": {"de": "Was darin steht."},
        "distributions": (form(number),),
    }
    return Dataset(**(given | said))


def service(number: int = 1, **said: Any) -> Service:
    """An interface."""
    given: dict[str, Any] = {
        "id": number,
        "uuid": uuid(2000 + number),
        "title": {"de": "Schnittstelle"},
        "endpoint_url": "/sta/v1.1",
        "endpoint_description": "/sta/v1.1/openapi.json",
        "documentation": ("/schnittstellen/daten-api",),
        "licence": DL_BY,
    }
    return Service(**(given | said))


def complete(number: int = 2) -> Dataset:
    """Everything that may be said."""
    return record(
        number,
        title={"de": "Radzählung", "en": "Bicycle counts", "de-simple": "Räder zählen"},
        keywords={"de": ("Rad", "Verkehr"), "en": ("bicycle",)},
        themes=("TRAN", "http://publications.europa.eu/resource/authority/data-theme/REGI"),
        language=("DEU",),
        frequency="DAILY",
        issued=datetime(2024, 1, 1, tzinfo=UTC),
        modified=NOW,
        temporal_from=datetime(2020, 1, 1, tzinfo=UTC),
        spatial={"type": "Polygon", "coordinates": [[[7.5, 51.8], [7.8, 51.8], [7.8, 52.1], [7.5, 51.8]]]},
        political_level="municipality",
        municipality_key="05515000",
        contact=Contact(name="Statistikstelle", email="s@musterstadt.example", telephone="+49 (251) 492-0"),
        access_rights="PUBLIC",
        availability="STABLE",
        musterdatensaetze=("verkehr/radzaehlung", "verkehr/parken"),
        legal_basis="https://www.gesetze.example/§1",
        landing_page="https://musterstadt.example/räder?a=1&b=<2>",
        documentation=("/schnittstellen",),
        identifier="https://alt.example/ds/1",
        same_as=("https://alt.example/ds/1",),
        version="2.1",
        version_notes={"de": "Neue Zählstelle"},
        provenance={"de": "Induktionsschleifen"},
        distributions=(
            form(
                number, byte_size=12_345, checksum="sha256:" + "ab" * 32, rights="Nur mit Dank",
                availability="STABLE",
                status="COMPLETED", languages=("DEU",), issued=NOW, modified=NOW,
                conforms_to=("https://www.rfc-editor.org/rfc/rfc4180",),
                attribution="Stadt Musterstadt, Statistik",
            ),
        ),
    )  # fmt: skip


def high_value(number: int = 3) -> Dataset:
    """A high-value dataset with an interface."""
    served = service(number, contact=Contact(email="api@musterstadt.example"))
    return record(
        number,
        hvd_categories=("c_b79e35eb",),
        contact=Contact(url="https://musterstadt.example/kontakt"),
        services=(served,),
        distributions=(form(number), form(number + 500, service_uuid=served.uuid, download_url="/nicht/so")),
    )


def nasty(number: int = 4) -> Dataset:
    """Texts, codes and addresses that are none."""
    return record(
        number,
        title={"de": NASTY, "en\"><x": NASTY},
        description={"de": NASTY * 20},
        keywords={"de": (NASTY, "", "  ", "\x00\x01")},
        themes=("TRAN> . <x", "", "../../x"),
        language=("DEU\n",),
        contact=Contact(name=NASTY, email="a b@c", telephone="'; DROP", url="javascript:alert(1)"),
        landing_page="javascript:alert(1)",
        documentation=("http://a.example/ <>\"{}|^`\\%zz%41#a", "//boese.example", "x"),
        same_as=("not an address", "http://", "urn:uuid:1#a#b", "http://a.example/[1]"),
        identifier=NASTY,
        version=NASTY,
        spatial={"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": ["x", 1]}]},
        distributions=(form(number, title={"de": NASTY}, access_url="", download_url="ftp:x", licence=NASTY,
                            format=NASTY,
                            attribution=NASTY, checksum="sha256:" + "g" * 64,
                            rights=NASTY, media_type="text/csv; a=b"),),
    )  # fmt: skip


def varied() -> list[Dataset]:
    """All of them."""
    internal = record(5, room=Room(id=2, key="internal", kind="internal"), distributions=())
    return [record(1), complete(), high_value(), nasty(), internal]
