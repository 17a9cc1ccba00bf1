# SPDX-License-Identifier: EUPL-1.2
"""Tiles below the map: only where the setting says so, only those around the city, and nobody's address."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from django.test import AsyncClient, override_settings

from stadtkern.core import settings as core_settings
from stadtkern.insights.atlas import tiles
from stadtkern.insights.atlas.tiles import Tile
from tests.core import sources
from tests.insights.test_explore import _text

pytestmark = pytest.mark.anyio

LOCAL = ("127.0.0.1/32",)
HERE = Tile(10, 533, 338)
BODY = b"\x1a\x0bnot decoded" * 200
TILE = "application/vnd.mapbox-vector-tile"


@pytest.fixture
async def source() -> AsyncIterator[sources.Source]:
    """A server of tiles on this machine."""
    async with sources.running() as started:
        started.replies["/10/533/338.pbf"] = sources.answer(BODY, kind=TILE)
        yield started


def _tiles(source: sources.Source, folder: Path, **more: object) -> tiles.Tiles:
    given = {"allowed": LOCAL, **more}
    return tiles.Tiles(template=f"{source.url}/{{z}}/{{x}}/{{y}}.pbf", folder=folder, **given)  # type: ignore[arg-type]


async def test_without_the_setting_there_is_none(visitor: AsyncClient) -> None:
    """Neither on the page nor at the address."""
    assert "data-basemap" not in await _text(visitor, "/karte")
    assert (await visitor.get("/karte/grund/10/533/338")).status_code == 404


async def test_the_tile_comes_through_us(
    visitor: AsyncClient, source: sources.Source, tmp_path: Path
) -> None:
    """Asked for once, without a word about the visitor, with an ETag; what lies elsewhere is not fetched."""
    given = {
        "BASEMAP": f"{source.url}/{{z}}/{{x}}/{{y}}.pbf", "BASEMAP_FOLDER": tmp_path,
        "BASEMAP_ALLOWED": LOCAL, "BASEMAP_BY": "© Amt für Kacheln",
    }  # fmt: skip
    with override_settings(**given):
        page = await _text(visitor, "/karte")
        assert 'data-basemap="/karte/grund/{z}/{x}/{y}"' in page
        assert "© Amt für Kacheln" in page
        asked = {
            "X-Forwarded-For": "203.0.113.9",
            "Cookie": "django_language=secret",
            "Accept-Encoding": "gzip",
        }
        found = await visitor.get("/karte/grund/10/533/338", headers=asked)
        assert (found.status_code, gzip.decompress(found.content)) == (200, BODY)
        assert (found["Content-Type"], found["Content-Encoding"]) == (TILE, "gzip")
        assert found["Cache-Control"].startswith("public, max-age=")
        assert not found.cookies
        again = await visitor.get("/karte/grund/10/533/338", headers={"If-None-Match": found["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert (await visitor.get("/karte/grund/10/533/338")).content == BODY
        assert (await visitor.get("/karte/grund/10/532/338")).status_code == 204
        for elsewhere in ("10/0/0", "3/9/1", "16/34112/21632", "10/533/99999999999999999999"):
            assert (await visitor.get(f"/karte/grund/{elsewhere}")).status_code == 404
        assert (await visitor.post("/karte/grund/10/533/338")).status_code == 405
    assert source.asked == ["/10/533/338.pbf", "/10/532/338.pbf"]
    assert "secret" not in source.heads[0]
    assert "203.0.113.9" not in source.heads[0]


async def test_the_map_is_there_when_the_source_is_away(visitor: AsyncClient, tmp_path: Path) -> None:
    """The page says nothing of it; the tile can be asked for again later."""
    async with sources.running() as gone:
        address = f"{gone.url}/{{z}}/{{x}}/{{y}}"
    with override_settings(BASEMAP=address, BASEMAP_FOLDER=tmp_path, BASEMAP_ALLOWED=LOCAL):
        assert "data-basemap-box" in await _text(visitor, "/karte")
        answer = await visitor.get("/karte/grund/10/533/338")
        assert (answer.status_code, answer["Retry-After"], answer.content) == (503, "60", b"")
        assert answer["Cache-Control"] == "no-store"


async def test_a_source_that_is_away_is_left_alone_and_old_tiles_stay(
    source: sources.Source, tmp_path: Path
) -> None:
    """For half a minute it is not asked; an old tile is better than none."""
    now = [1_000_000_000.0]
    made = _tiles(source, tmp_path, clock=lambda: now[0])
    assert gzip.decompress((await made.get(HERE)).packed) == BODY
    for path in tmp_path.rglob("*.gz"):
        os.utime(path, (now[0], now[0]))
    now[0] += 8 * 86_400
    source.replies["/10/533/338.pbf"] = sources.answer(status="500 Internal Server Error")
    assert gzip.decompress((await made.get(HERE)).packed) == BODY
    with pytest.raises(tiles.BaseMapIsAway):
        await made.get(Tile(10, 532, 338))
    assert len(source.asked) == 2
    now[0] += 31
    source.replies["/10/533/338.pbf"] = sources.answer(b"new", kind=TILE)
    assert gzip.decompress((await made.get(HERE)).packed) == b"new"


async def test_many_who_want_one_tile_cause_one_request(source: sources.Source, tmp_path: Path) -> None:
    """And one who leaves takes it from nobody."""
    made = _tiles(source, tmp_path)
    waiting = [asyncio.create_task(made.get(HERE)) for _ in range(20)]
    found = await asyncio.gather(*waiting)
    assert {gzip.decompress(each.packed) for each in found} == {BODY}
    assert len(source.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [sources.answer(b"<html>", kind="text/html"), sources.redirect("/10/0/0.pbf"),
     sources.answer(b"x" * (tiles.MOST_BYTES + 1), kind=TILE), sources.answer(status="403 Forbidden")],
    ids=["page", "redirect", "large", "forbidden"],
)  # fmt: skip
async def test_what_is_no_tile_is_not_passed_on(
    source: sources.Source, tmp_path: Path, reply: sources.Reply
) -> None:
    """Nor kept."""
    source.replies["/10/533/338.pbf"] = reply
    with pytest.raises(tiles.BaseMapIsAway):
        await _tiles(source, tmp_path).get(HERE)
    assert not list(tmp_path.rglob("*.gz"))


async def test_the_setting_does_not_lead_inside(source: sources.Source, tmp_path: Path) -> None:
    """An address of the own network needs the same word as any other."""
    with pytest.raises(tiles.BaseMapIsAway):
        await _tiles(source, tmp_path, allowed=()).get(HERE)
    assert not source.asked


async def test_the_folder_does_not_grow(source: sources.Source, tmp_path: Path) -> None:
    """What was fetched longest ago goes first."""
    made = _tiles(source, tmp_path, most=10 * 4_096)
    await made.get(HERE)
    folder = next(tmp_path.iterdir())
    for n in range(20):
        (folder / f"1-{n}-0.gz").write_bytes(b"x")
        os.utime(folder / f"1-{n}-0.gz", (n, n))
    made.sweep()
    left = {path.name for path in folder.iterdir()}
    assert left == {"10-533-338.gz", *(f"1-{n}-0.gz" for n in range(13, 20))}


@pytest.mark.parametrize(
    "address",
    ["ftp://tiles.example/{z}/{x}/{y}", "https://{z}.example/{x}/{y}", "https://tiles.example/{z}/{x}",
     "https://tiles.example/{z}/{x}/{y}/{s}", "tiles"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_at_start(address: str) -> None:
    """The host never changes from tile to tile."""
    with pytest.raises(core_settings.InvalidSetting, match="STADTKERN_BASEMAP"):
        core_settings.load(environment={"STADTKERN_BASEMAP": address})
