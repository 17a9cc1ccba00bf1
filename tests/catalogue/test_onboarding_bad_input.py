# SPDX-License-Identifier: EUPL-1.2
"""What pretends, lies or is broken is refused with a clear word on the page, and leaves nothing behind."""

from __future__ import annotations

import gzip
import json

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests.catalogue.clerks import ABOUT, Work, clerk, filled, same_folder, sent, work
from tests.catalogue.offices import Office, as_, text

__all__ = ["clerk", "same_folder", "work"]  # fixtures
pytestmark = pytest.mark.anyio
SCRIPT = "<script>alert(1)</script>"
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg">{SCRIPT}</svg>'
_BROKEN = {"type": "Polygon", "coordinates": [[[7.6, 51.9], [7.7, 51.9]]]}


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (f"<html>{SCRIPT}</html>".encode(), "bild.png", "Das ist eine Webseite oder XML und keine Tabelle."),
        (_SVG.encode(), "plan.csv", "Das ist eine Webseite oder XML und keine Tabelle."),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "daten.csv", "keine Tabelle"),
        (
            gzip.compress(b"0" * (40 << 20)),
            "daten.csv.gz",
            "Ausgepackt wäre die Datei größer, als wir annehmen.",
        ),
        (
            json.dumps([{f"c{n}": n for n in range(500)}]).encode(),
            "breit.json",
            "Die Tabelle hat 500 Spalten",
        ),
        (b"a;b\n", "leer.csv", "Unter der Überschrift steht keine Zeile."),
    ],
)
async def test_what_is_no_data_is_refused(
    clerk: AsyncClient,
    office: Office,
    work: Work,
    connection: Connection,
    content: bytes,
    name: str,
    says: str,
) -> None:
    """Whatever it is called; no dataset, no table, no file stays."""
    before = await _stored(connection)
    address = await sent(clerk, office, content, name)
    await work()
    page = await text(clerk, address)
    assert says in page
    assert "Es wurde nichts gespeichert." in page
    assert SCRIPT not in page
    assert await _stored(connection) == before


async def test_markup_in_names_headings_and_cells_stays_text(
    clerk: AsyncClient, office: Office, work: Work
) -> None:
    """On every page that shows it, up to the published dataset."""
    rows = "".join(f"{n},{SCRIPT},=1+{n}\n" for n in range(30))
    address = await sent(
        clerk, office, f"n,{SCRIPT},formel\n{rows}".encode(), f"{SCRIPT}.csv".replace("/", "")
    )
    await work()
    pages = [await text(clerk, "/arbeit/import"), await text(clerk, address)]
    await clerk.post(f"{address}/plan", filled(pages[1], "plan") | {"target": "table"})
    await work()
    pages.append(await text(clerk, address))
    as_(clerk, office.publisher)
    said = ABOUT | {"title": SCRIPT, "description": SCRIPT}
    assert (await clerk.post(f"{address}/speichern", said)).status_code == 302
    await work()
    done = await text(clerk, address)
    key = done.partition('kern-btn--primary" href="/daten/')[2].partition('"')[0]
    assert key
    pages += [done, await text(clerk, f"/daten/{key}"), await text(clerk, "/daten")]
    assert not [page for page in pages if "<script>alert" in page]
    assert any("&lt;script&gt;alert" in page for page in pages)


async def test_broken_places_and_characters_are_named(clerk: AsyncClient, office: Office, work: Work) -> None:
    """Broken geometries stay empty, mixed systems are told, a wrong encoding blocks."""
    good = {"type": "Point", "coordinates": [7.6, 51.9]}
    features = [
        {"type": "Feature", "properties": {"n": n}, "geometry": _BROKEN if n == 3 else good}
        for n in range(30)
    ]
    geojson = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    metres = "\n".join(f"{404_000 + i};{5_755_000 + i};{i}" for i in range(40))
    wrong = b"ort;n\n" + b"M\xc3\xbcnster;1\n" * 40 + b"\xff\xfe\x81;2\n"
    for content, says in (
        (geojson, "Orte, die es nicht geben kann; sie bleiben leer."),
        (f"x;y;n\n{metres}\n7.62;51.96;41\n".encode(), "Koordinaten in Grad unter solchen in Metern"),
        (wrong, ""),
    ):
        address = await sent(clerk, office, content)
        await work()
        values = filled(await text(clerk, address), "plan")
        assert (await clerk.post(f"{address}/plan", values)).status_code == 302
        await work()
        page = await text(clerk, address)
        assert says in page
        assert "−" not in page.partition("Prüfbericht")[2].partition("</section>")[0]


async def test_a_licence_has_to_be_chosen(clerk: AsyncClient, office: Office, work: Work) -> None:
    """Nobody gives data away by clicking on; and nothing happens without a licence."""
    address = await sent(clerk, office, b"a,b\n1,2\n3,4\n")
    await work()
    await clerk.post(f"{address}/plan", filled(await text(clerk, address), "plan"))
    await work()
    as_(clerk, office.publisher)
    values = filled(await text(clerk, address), "speichern")
    assert values["licence"] == ""
    answer = await clerk.post(f"{address}/speichern", ABOUT | {"licence": ""})
    assert answer.status_code == 200
    assert "Die Daten sind gespeichert" not in await text(clerk, address)


async def test_more_than_fits_is_refused_on_the_form(
    clerk: AsyncClient, office: Office, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of five gigabytes is one that is larger than the limit."""
    small = msgspec.structs.replace(settings, upload_limit=5 << 20)
    monkeypatch.setattr(core_settings, "load", lambda: small)
    upload = SimpleUploadedFile("x.csv", b"a;b\n" + b"1;2\n" * (2 << 20))
    answer = await clerk.post("/arbeit/import/neu", {"organisation": office.id, "file": upload})
    assert "Die Datei ist zu groß." in answer.content.decode()


async def _stored(connection: Connection) -> tuple[int, ...]:
    cursor = await connection.execute(
        "SELECT (SELECT count(*) FROM core.dataset), (SELECT count(*) FROM features.collection),"
        " (SELECT count(*) FROM pg_tables WHERE schemaname = 'features')"
    )
    row = await cursor.fetchone()
    assert row is not None
    return tuple(row)
