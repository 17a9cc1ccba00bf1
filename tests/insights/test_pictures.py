# SPDX-License-Identifier: EUPL-1.2
"""Pictures of things: whole ones only, without what cameras note, for whoever sees the thing."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.core import database as core_database
from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.insights.pictures import images
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio
PLACE = b"51.9607N 7.6261E"


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 3, height: int = 2, *more: bytes) -> bytes:
    """A grey picture; `more` stands before the pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(min(height, 8))))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def part(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(orientation: int = 1, frame: int = 0xC0) -> bytes:
    """The parts of a JPEG of 40 x 30 pixels with a place in its Exif, a comment and a film behind its end."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0) + PLACE
    return b"".join((
        b"\xff\xd8", part(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\3\3" + PLACE + bytes(11)),
        part(0xE0, b"JFXX\0\x10" + PLACE), part(0xEE, b"Adobe" + bytes(7) + PLACE),
        part(0xE1, b"Exif\0\0" + tiff), part(0xFE, PLACE),
        part(0xED, PLACE), part(0xDB, bytes(65)),
        part(frame, struct.pack(">BHHB", 8, 30, 40, 1) + b"\1\x11\0"),
        part(0xC4, bytes(20)), b"\xff", part(0xDA, bytes(6)), b"\x12\xff\x00\x34\xff\xd0\x56",
        part(0xC4, bytes(20)), part(0xDA, bytes(6)), b"\x78", b"\xff\xd9", b"ftypmp4" + PLACE,
    ))  # fmt: skip


def webp(*parts: tuple[bytes, bytes]) -> bytes:
    """A RIFF file with these chunks."""
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in parts
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


VP8X = (b"VP8X", bytes((0b00111100, 0, 0, 0)) + (39).to_bytes(3, "little") + (29).to_bytes(3, "little"))


def test_what_cameras_note_does_not_stay() -> None:
    """Place, comments, thumbnails and what stands behind the end; how it is turned stays."""
    for given in (
        jpeg(6),
        png(3, 2, chunk(b"tEXt", PLACE), chunk(b"eXIf", PLACE)) + PLACE,
        webp(VP8X, (b"VP8L", b"\x2f" + bytes(9)), (b"EXIF", PLACE), (b"XMP ", PLACE)),
    ):
        found = images.clean(given)
        assert PLACE not in found.data
        assert images.clean(found.data) == found
    turned = images.clean(jpeg(6))
    assert (turned.width, turned.height) == (30, 40)
    assert images.clean(turned.data).width == 30
    assert (images.clean(jpeg()).width, b"Exif" in images.clean(jpeg()).data) == (40, False)
    assert images.clean(jpeg(0xFF00)).width == 40
    lying = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 6, 0, 0)
    for exif in (lying, b"Exif\0\0" + lying):
        with pytest.raises(images.PictureLiesOnItsSide):
            images.clean(webp(VP8X, (b"VP8L", b"\x2f" + bytes(9)), (b"EXIF", exif)))
    kept = images.clean(webp(VP8X, (b"VP8L", b"\x2f" + bytes(9)), (b"EXIF", PLACE))).data
    assert (kept[20], images.clean(kept).width) == (0b00110000, 40)


@pytest.mark.parametrize(
    "given",
    [
        b"", b"GIF89a" + bytes(20), b"<svg onload='x'/>", b"\xff\xd8\xff", png()[:-7], jpeg()[:80],
        jpeg(frame=0xC9), png().replace(b"\x80", b"\x81", 1)[:-1] + b"!", png(5000, 2), png(0, 2),
        png(3, 2, chunk(b"ABCD", b"")),
        png(9000, 2, chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))),
        webp((b"ANIM", bytes(6))), webp((b"EXIF", b"")),
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, bytes(images.LARGEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_whole_picture_is_refused(given: bytes) -> None:
    """Cut ones, made-up ones, moving ones, too large ones."""
    with pytest.raises(images.PictureIsOfNoUse):
        images.clean(given)


def test_every_picture_that_is_cut_is_refused_or_whole() -> None:
    """However much is missing, there is an answer and no other error."""
    for whole in (jpeg(6), png(), webp(VP8X, (b"VP8L", b"\x2f" + bytes(9)))):
        for length in range(len(whole)):
            try:
                found = images.clean(whole[:length])
            except images.PictureIsOfNoUse:
                continue
            assert images.clean(found.data) == found


@pytest.fixture
async def connection(database: str, town: factories.Town) -> Any:
    """A connection that commits by itself."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        yield opened


async def _send(client: AsyncClient, thing: int, data: bytes | None, **more: str) -> Any:
    given: dict[str, Any] = {"alt_de": "Graue Säule 🌳", "alt_en": "", "credit": "Stadt, CC0", **more}
    if data is not None:
        given["picture"] = SimpleUploadedFile("bild.png", data)
    return await client.post(f"/arbeit/dinge/{thing}/bild", given)


async def test_an_editor_gives_a_thing_a_picture_and_takes_it_away(
    visitor: AsyncClient, connection: Connection, town: factories.Town
) -> None:
    """It stands on the page and in the map's data; wrong ones are refused beside the field."""
    thing = town.things["Zählstelle Neutor"]
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    assert "Bild hinzufügen" in (await visitor.get(f"/dinge/{thing}")).content.decode()
    refused = await _send(visitor, thing, b"<svg/>")
    assert (refused.status_code, "kein vollständiges Bild" in refused.content.decode()) == (422, True)
    assert (await _send(visitor, thing, None)).status_code == 422
    assert (await _send(visitor, thing, png(), alt_de=" ")).status_code == 422
    answer = await _send(visitor, thing, png())
    assert (answer.status_code, answer["Location"]) == (302, f"/dinge/{thing}")
    page = (await visitor.get(f"/dinge/{thing}")).content.decode()
    assert 'alt="Graue Säule 🌳"' in page
    assert 'width="3" height="2"' in page
    picture = await visitor.get(f"/dinge/{thing}/bild")
    assert (picture["Content-Type"], picture.content) == ("image/png", png())
    assert "sandbox" in picture["Content-Security-Policy"]
    again = await visitor.get(f"/dinge/{thing}/bild", headers={"if-none-match": picture["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert b'"shows":"Graue S\xc3\xa4ule' in (await visitor.get("/karte/places.json")).content
    assert (await _send(visitor, thing, None, alt_de="Andere Worte")).status_code == 302
    assert "Andere Worte" in (await visitor.get(f"/dinge/{thing}")).content.decode()
    remove = f"/arbeit/dinge/{thing}/bild/entfernen"
    assert "nicht zurückholen" in (await visitor.get(remove)).content.decode()
    assert (await visitor.post(remove)).status_code == 302
    assert [(await visitor.get(path)).status_code for path in (f"/dinge/{thing}/bild", remove)] == [404, 404]


async def test_nobody_else_changes_it_and_hidden_ones_are_not_there(
    visitor: AsyncClient, connection: Connection, town: factories.Town
) -> None:
    """Strangers, readers and other offices; a picture of a hidden thing is 404, and not in the map."""
    thing = town.things["Zählstelle Promenade"]
    assert "/anmelden" in (await _send(visitor, thing, png()))["Location"]
    for role in ("reader", "editor"):  # of another office
        await people.signed_in(connection, visitor, role=role)
        assert (await _send(visitor, thing, png())).status_code == 403
    assert "Bild hinzufügen" not in (await visitor.get(f"/dinge/{thing}")).content.decode()
    await people.signed_in(connection, visitor, role="administrator", kind="city")
    assert (await _send(visitor, thing, png())).status_code == 302
    visitor.cookies.clear()
    assert (await visitor.get(f"/dinge/{thing}/bild")).status_code == 200
    await datasets.save_room(connection, key="tresor", kind="restricted", title={"de": "Tresor"})
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'tresor') WHERE id = %s",
        [town.dataset_id],
    )
    for path in (f"/dinge/{thing}/bild", f"/dinge/{2**70}/bild"):
        assert (await visitor.get(path)).status_code == 404
    assert b"shows" not in (await visitor.get("/karte/places.json")).content
