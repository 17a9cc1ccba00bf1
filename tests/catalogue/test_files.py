# SPDX-License-Identifier: EUPL-1.2
"""Files of datasets: uploaded, sent as attachments, kept as versions, brought back, removed in time."""

from __future__ import annotations

import hashlib
import re

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.catalogue import queries
from stadtkern.catalogue.files import kinds
from stadtkern.core import access, tokens
from stadtkern.core import settings as core_settings
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from tests.catalogue.offices import Office, as_, text
from tests.catalogue.uploads import BY, PDF, a_dataset, got, replaced, same_folder, stored, upload

pytestmark = pytest.mark.anyio
ALL = access.Scope((), True)
__all__ = ["same_folder"]


async def test_a_file_is_uploaded_offered_and_taken_away(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """With size and checksum in the record, as an attachment that no browser shows or runs."""
    key = await a_dataset(connection, office)
    assert (await upload(as_(visitor, office.editor), key)).status_code == 302
    visitor.cookies.clear()
    answer, body = await got(visitor, f"/daten/{key}/dateien/1")
    assert body == PDF
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''Plan%20%22Nord%22")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert (answer["Content-Type"], answer["Content-Length"]) == ("application/pdf", str(len(PDF)))
    assert answer["Access-Control-Allow-Origin"] == "*"
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    form = record.distributions[0]
    assert (form.format, form.byte_size) == ("PDF", len(PDF))
    assert form.checksum == f"sha256:{hashlib.sha256(PDF).hexdigest()}"
    assert form.access_url == form.download_url
    assert form.download_url.endswith(f"/daten/{key}/dateien/1")
    package = (await visitor.get(f"/api/3/action/package_show?id={key}")).json()["result"]["resources"][0]
    assert (package["size"], package["hash"], package["mimetype"]) == (
        len(PDF),
        form.checksum,
        "application/pdf",
    )
    turtle = await text(visitor, f"/catalog/datasets/{record.uuid}.ttl")
    assert f'byteSize "{len(PDF)}"' in turtle
    assert hashlib.sha256(PDF).hexdigest() in turtle
    assert key in await text(visitor, "/daten?format=PDF")
    page = await text(visitor, f"/daten/{key}")
    assert "2,1 KB" in page
    assert f"/daten/{key}/dateien/1/staende" in page


PARTS: dict[str, tuple[int, bytes, str | None]] = {
    "bytes=0-3": (206, PDF[:4], f"bytes 0-3/{len(PDF)}"),
    "bytes=2000-": (206, PDF[2000:], f"bytes 2000-{len(PDF) - 1}/{len(PDF)}"),
    "bytes=-5": (206, PDF[-5:], f"bytes {len(PDF) - 5}-{len(PDF) - 1}/{len(PDF)}"),
    "bytes=5-999999": (206, PDF[5:], f"bytes 5-{len(PDF) - 1}/{len(PDF)}"),
    "bytes=999999-": (416, b"", f"bytes */{len(PDF)}"),
    "bytes=-0": (416, b"", f"bytes */{len(PDF)}"),
    "bytes=9-3": (200, PDF, None),
    "bytes=0-1,4-5": (200, PDF, None),
    "Seiten=1-2": (200, PDF, None),
}


async def test_parts_and_what_one_has_already(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """One part is sent as such (RFC 9110, 14), of the same bytes only; whoever has them all gets none."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    address = f"/daten/{key}/dateien/1"
    for asked, expected in PARTS.items():
        answer, sent = await got(visitor, address, Range=asked)
        assert (answer.status_code, sent, answer.headers.get("Content-Range")) == expected, asked
    other, whole = await got(visitor, address, Range="bytes=0-3", **{"If-Range": '"x"'})
    assert (other.status_code, whole) == (200, PDF)
    tag = other["ETag"]
    same, part = await got(visitor, address, Range="bytes=0-3", **{"If-Range": tag})
    assert (same.status_code, part) == (206, PDF[:4])
    known, nothing = await got(visitor, address, **{"If-None-Match": f'"a", W/{tag}'})
    assert (known.status_code, nothing) == (304, b"")
    since, nothing = await got(visitor, address, **{"If-Modified-Since": other["Last-Modified"]})
    assert (since.status_code, nothing) == (304, b"")
    for day, status in (
        ("22 Nov 2999 02:12:49 -0000", 304),
        ("22 Nov 99999999999999999999 00:00:00 GMT", 200),
    ):
        odd, _ = await got(visitor, address, **{"If-Modified-Since": f"Sun, {day}"})
        assert odd.status_code == status, day
    head = await visitor.head(address)
    assert (head["Content-Length"], head.content) == (str(len(PDF)), b"")


async def test_what_could_run_is_only_bytes(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Pages, drawings and scripts are no type that a page of ours could load them as."""
    key = await a_dataset(connection, office)
    as_(visitor, office.editor)
    evil = b"<script>alert(1)</script>"
    for name in ("a.html", "b.svg", "c.js", "d.css", "e", "f.php.xhtml", "../../g.xml"):
        assert (await upload(visitor, key, evil, name)).status_code == 302
    for number in range(1, 8):
        answer, _ = await got(visitor, f"/daten/{key}/dateien/{number}")
        assert answer["Content-Type"] == "application/octet-stream"
        assert "/" not in answer["Content-Disposition"].partition("''")[2]


async def test_a_file_that_pretends_is_refused(
    visitor: AsyncClient, connection: Connection, office: Office, settings: Settings
) -> None:
    """Beside the field, and nothing is stored: neither row nor content."""
    key = await a_dataset(connection, office)
    before = stored(settings)
    as_(visitor, office.editor)
    for name, content in (
        ("a.png", b"<html>"),
        ("b.pdf", b"PK\x03\x04"),
        ("c.zip", PDF),
        ("d.jpg", b"GIF89a"),
    ):
        answer = await upload(visitor, key, content, name)
        assert answer.status_code == 422
        assert "der Inhalt ist etwas anderes" in answer.content.decode()
    empty = await upload(visitor, key, b"", "leer.pdf")
    assert empty.status_code == 422
    unnamed = await upload(visitor, key, attribution="")
    assert "verlangt eine Quellenangabe" in unnamed.content.decode()
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    assert record.distributions == ()
    assert stored(settings) == before
    assert kinds.pretends("x.PDF", b"\r\n\r\n%PDF-1.4") is False


async def test_too_large_a_file_is_refused(
    visitor: AsyncClient,
    connection: Connection,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    """With the limit in words; what had come of it is gone."""
    small = msgspec.structs.replace(settings, upload_limit=1000)
    monkeypatch.setattr(core_settings, "load", lambda: small)
    key = await a_dataset(connection, office)
    before = stored(settings)
    answer = await upload(as_(visitor, office.editor), key)
    assert answer.status_code == 422
    assert "größer als erlaubt (1,0 KB)" in answer.content.decode()
    assert stored(settings) == before


async def test_files_lie_in_the_room_of_their_dataset(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Members and tokens that may read it have them, with an entry in the log; for others there is none."""
    key = await a_dataset(connection, office, room="internal", title={"de": "Intern"})
    await upload(as_(visitor, office.editor), key)
    address = f"/daten/{key}/dateien/1"
    answer, body = await got(visitor, address)
    assert body == PDF
    assert "private" in answer["Cache-Control"]
    visitor.cookies.clear()
    for path in (address, f"{address}/staende", f"{address}/staende/1"):
        assert (await visitor.get(path)).status_code == 404
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    made = await tokens.create(connection, name="x", scopes={record.id: ["read"]})
    answer, body = await got(visitor, address, Authorization=f"Bearer {made.secret}")
    assert body == PDF
    wrong = await visitor.get(address, headers={"Authorization": "Bearer nein"})
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    "way", ["neu", "1/neu", "1/entfernen", "1/staende/1/zurueckholen", "1/staende/1/entfernen"]
)
async def test_others_change_nothing(
    visitor: AsyncClient, connection: Connection, office: Office, way: str
) -> None:
    """Neither strangers nor other offices; an editor does not remove a version for good."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    await replaced(visitor, key, b"%PDF- zwei")
    address = f"/arbeit/daten/{key}/dateien/{way}"
    given = {"file": SimpleUploadedFile("x.pdf", PDF), "licence": BY, "attribution": "x", "title": "x"}
    if way.endswith("1/entfernen") and "staende" in way:
        assert (await visitor.post(address)).status_code == 403
    as_(visitor, office.other)
    assert (await visitor.post(address, given)).status_code == 403
    visitor.cookies.clear()
    assert (await visitor.post(address, given)).status_code in (302, 401)
    rows = await connection.execute(
        "SELECT count(*) FROM catalogue.file_version AS v JOIN core.dataset AS d ON d.id = v.dataset_id"
        " WHERE d.key = %s",
        [key],
    )
    assert await rows.fetchone() == (2,)


async def test_the_editor_shows_files_and_their_words_can_change(
    visitor: AsyncClient, connection: Connection, office: Office
) -> None:
    """Name, licence and source by the form; address, format and size follow from the file."""
    key = await a_dataset(connection, office)
    await upload(as_(visitor, office.editor), key)
    page = await text(visitor, f"/arbeit/daten/{key}")
    assert f"/arbeit/daten/{key}/dateien/neu" in page
    form = re.search(rf"/arbeit/daten/{key}/formen/\d+", page)
    assert form is not None
    shown = await text(visitor, form[0])
    assert f"/daten/{key}/dateien/1/staende" in shown
    assert 'name="access_url"' not in shown
    said = {
        "title_de": "Lageplan",
        "licence": BY,
        "attribution": "Bauamt",
        "rights": "",
        "access_url": "https://x.example",
    }
    assert (await visitor.post(form[0], said)).status_code == 302
    record = await queries.one(connection, ALL, key=key)
    assert record is not None
    offered = record.distributions[0]
    assert (offered.title["de"], offered.attribution) == ("Lageplan", "Bauamt")
    assert offered.download_url.endswith("/dateien/1")
