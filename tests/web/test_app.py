# SPDX-License-Identifier: EUPL-1.2
"""What makes the pages an app: manifest, icons in the city's colour, the worker that keeps pages."""

from __future__ import annotations

import json
import re
import struct
import zlib

import pytest
from django.test import AsyncClient

from stadtkern.web.app import icons

pytestmark = pytest.mark.anyio


def _pixel(data: bytes, x: int, y: int) -> tuple[int, ...]:
    """Red, green, blue and alpha of one pixel of a PNG without filters."""
    width = struct.unpack(">I", data[16:20])[0]
    start = data.index(b"IDAT")
    size = struct.unpack(">I", data[start - 4 : start])[0]
    lines = zlib.decompress(data[start + 4 : start + 4 + size])
    at = y * (width * 4 + 1) + 1 + x * 4
    return tuple(lines[at : at + 4])


def test_the_icon_has_the_colour_of_the_city_and_its_corners_are_free() -> None:
    """A maskable one fills them, since the phone cuts its own form out."""
    plain = icons.draw(size=192, colour="#7a1fa2")
    full = icons.draw(size=192, colour="#7a1fa2", maskable=True)
    assert _pixel(plain, 96, 10) == (0x7A, 0x1F, 0xA2, 255)
    assert _pixel(plain, 0, 0)[3] == 0
    assert _pixel(full, 0, 0) == (0x7A, 0x1F, 0xA2, 255)
    assert _pixel(plain, 78, 78) == (255, 255, 255, 255)


async def test_the_manifest_names_the_city_and_icons_that_are_there(pages: AsyncClient) -> None:
    """In both languages, each with its own beginning; a size that is not offered is not drawn."""
    for prefix, lang in (("", "de"), ("/en", "en")):
        answer = await pages.get(f"{prefix}/app.webmanifest")
        assert answer["Content-Type"] == "application/manifest+json"
        found = json.loads(answer.content)
        assert (found["lang"], found["start_url"], found["display"]) == (lang, f"{prefix}/", "standalone")
        assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
        for icon in found["icons"]:
            picture = await pages.get(icon["src"])
            assert picture["Content-Type"] == "image/png"
            assert f"{struct.unpack('>II', picture.content[16:24])[0]}x" in icon["sizes"]
        for shortcut in found["shortcuts"]:
            assert (await pages.get(shortcut["url"])).status_code == 200
    assert (await pages.get("/app/icon-9999-any.png")).status_code == 404
    assert (await pages.get("/app/icon-192-evil.png")).status_code == 404


async def test_the_worker_knows_files_that_are_there(pages: AsyncClient) -> None:
    """It stands at the root, so that it may keep every page, and is asked for anew each time."""
    answer = await pages.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    text = answer.content.decode()
    told = json.loads(re.match(r"self\.STADTKERN = (.*);\n", text)[1])  # type: ignore[index]
    assert told["offline"] == {"de": "/offline", "en": "/en/offline", "de-simple": "/leicht/offline"}
    assert told["begins"] == {"de": "", "en": "en", "de-simple": "leicht"}
    from django.conf import settings

    assert all((settings.ASSETS_FOLDER / name.rpartition("/")[2]).is_file() for name in told["assets"])
    assert "No connection" in told["says"]["en"]["offline"]
