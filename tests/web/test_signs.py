# SPDX-License-Identifier: EUPL-1.2
"""Films in sign language: put beside a page by editors, played in parts, never from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient

from stadtkern.city.signs import operations
from stadtkern.core.database import Connection
from tests import people

pytestmark = pytest.mark.anyio

FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nWillkommen."


def _film(data: bytes = FILM) -> SimpleUploadedFile:
    return SimpleUploadedFile("film.mp4", data, content_type="video/mp4")


async def _text(client: AsyncClient, address: str, status: int = 200) -> str:
    answer = await client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


@pytest.fixture
async def editor(pages: AsyncClient, connection: Connection) -> AsyncClient:
    """One of the city's editors."""
    await people.signed_in(connection, pages, role="editor")
    return pages


async def _put(client: AsyncClient, **given: Any) -> Any:
    return await client.post("/arbeit/gebaerdensprache/video", {"page": "/ueber", **given})


async def test_a_film_plays_on_its_page_in_every_language(editor: AsyncClient) -> None:
    """Without scripts, with captions, in parts (Range), and never on another page."""
    answer = await _put(editor, film=_film(), captions=CAPTIONS)
    assert (answer.status_code, answer["Location"]) == (302, "/arbeit/gebaerdensprache")
    for address in ("/ueber", "/en/ueber", "/leicht/ueber"):
        page = await _text(editor, address)
        source = re.findall(r'<source src="(/gebaerdensprache/[0-9a-f-]+)" type="video/mp4">', page)
        assert len(source) == 1, address
        assert f'<track kind="captions" src="{source[0]}.vtt" srclang="de"' in page
    assert "<video" not in await _text(editor, "/glossar")
    part = await editor.get(source[0], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part["Content-Type"]) == (206, "video/mp4")
    assert b"".join([piece async for piece in part.streaming_content]) == b"ftyp"
    assert part["Content-Disposition"].startswith("inline")
    assert await _text(editor, source[0] + ".vtt") == CAPTIONS
    assert "media-src 'self'" in (await editor.get("/ueber"))["Content-Security-Policy"]


async def test_a_page_that_is_not_there_shows_no_film(editor: AsyncClient) -> None:
    """What lies hidden at an address is not betrayed by its film."""
    answer = await _put(editor, page="/daten/geheim", link="https://example.org/film")
    assert answer.status_code == 302
    assert "example.org" not in await _text(editor, "/daten/geheim", 404)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "Bitte wählen Sie ein Video"),
        ({"link": "http://example.org/film"}, "mit https://"),
        ({"link": "javascript:alert(1)"}, "gültige Adresse"),
        ({"page": "/gibt/es/nicht", "link": "https://example.org/"}, "Diese Seite gibt es nicht"),
        ({"page": "https://example.org/ueber", "link": "https://example.org/"}, "Diese Seite gibt es nicht"),
        ({"link": "https://example.org/", "captions": "Hallo"}, "kein WebVTT"),
        ({"film": _film(b"<html><script>alert(1)</script>")}, "kein Video"),
        ({"film": _film(), "link": "https://example.org/"}, "entweder ein Video oder einen Link"),
    ],
)  # fmt: skip
async def test_what_is_of_no_use_is_refused_beside_its_field(
    editor: AsyncClient, given: dict[str, Any], says: str
) -> None:
    """And nothing is stored."""
    before = await _text(editor, "/arbeit/gebaerdensprache")
    answer = await _put(editor, **{"page": "/glossar", **given})
    assert (answer.status_code, says in answer.content.decode()) == (200, True)
    assert await _text(editor, "/arbeit/gebaerdensprache") == before


async def test_a_film_stays_while_its_captions_change_and_goes_when_it_is_removed(
    editor: AsyncClient,
) -> None:
    """Removing asks first; afterwards neither page nor address has it."""
    await _put(editor, page="/datenschutz", film=_film())
    page = await _text(editor, "/datenschutz")
    address = re.findall(r'<source src="([^"]+)"', page)[0]
    assert "<track" not in page
    changed = await editor.post(
        "/arbeit/gebaerdensprache/video?seite=/datenschutz", {"page": "/datenschutz", "captions": CAPTIONS}
    )
    assert changed.status_code == 302
    page = await _text(editor, "/datenschutz")
    assert f'<source src="{address}"' in page
    assert "<track" in page
    elsewhere = await editor.post("/arbeit/gebaerdensprache/video?seite=/datenschutz", {"page": "/glossar"})
    assert elsewhere.status_code == 302
    assert f'<source src="{address}"' in await _text(editor, "/datenschutz")
    assert "<video" not in await _text(editor, "/glossar")
    asked = "/arbeit/gebaerdensprache/entfernen?seite=/datenschutz"
    assert "Video zu /datenschutz entfernen?" in await _text(editor, asked)
    assert "<video" in await _text(editor, "/datenschutz")
    assert (await editor.post(asked)).status_code == 302
    assert "<video" not in await _text(editor, "/datenschutz")
    await _text(editor, address, 404)
    await _text(editor, address + ".vtt", 404)


async def test_only_editors_of_the_city_put_films_beside_pages(pages: AsyncClient) -> None:
    """Others are asked to sign in."""
    for address in ("", "/video", "/entfernen?seite=/"):
        answer = await pages.get("/arbeit/gebaerdensprache" + address)
        assert (answer.status_code, answer["Location"][:9]) == (302, "/anmelden")


def test_a_film_that_is_too_large_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is gone again."""
    from stadtkern.core import settings as core_settings

    monkeypatch.setattr(operations, "LARGEST", 10)
    monkeypatch.setenv("STADTKERN_DATA", str(tmp_path))
    settings = core_settings.load()
    with pytest.raises(operations.VideoIsOfNoUse):
        operations.keep(settings, [b"12345678", b"9abc"], media_type="video/mp4")
    assert list(settings.data.rglob("*-*-*")) == []
