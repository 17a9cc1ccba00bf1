# SPDX-License-Identifier: EUPL-1.2
"""GDAL reads the service unchanged: its layers, all features over several pages, its filters."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from stadtkern.core import database as core_database
from stadtkern.serve import runner
from tests.features.factories import collection, trees
from tests.running import free_port
from tests.serve.connecting import lives

REQUIRED = os.environ.get("STADTKERN_TEST_GDAL") == "required"
MISSING = shutil.which("ogrinfo") is None
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        MISSING and not REQUIRED, reason="ogrinfo (Debian gdal-bin) is not installed: GDAL is NOT tried here"
    ),
]


@pytest.fixture(scope="module")
async def address(app: Starlette, database: str) -> AsyncIterator[str]:
    """The service at an address of its own, with 250 trees."""
    async with await core_database.connect(url=database, autocommit=True) as opened:
        await collection(opened, key="baeume", rows=trees(250))
    port = free_port()
    before = app.state.settings
    app.state.settings = msgspec.structs.replace(before, port=port, public_url=f"http://127.0.0.1:{port}")
    stop = asyncio.Event()
    serving = asyncio.create_task(runner.serve(_started(app), stop=stop, port=port))
    while not await _answers(port):
        assert not serving.done(), serving.exception()
    yield f"http://127.0.0.1:{port}/ogc"
    stop.set()
    await serving
    app.state.settings = before


def _started(app: Starlette) -> Any:
    """The application, which runs already and is neither started nor stopped by the server."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        await lives(receive, send)

    return serve


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def ogrinfo(*arguments: str) -> str:
    """What the program prints. It must not complain."""
    process = await asyncio.create_subprocess_exec(
        "ogrinfo", "-ro", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complaints.decode()
    assert not complaints.strip(), complaints.decode()
    return printed.decode()


async def test_layers_are_found(address: str) -> None:
    """Each collection is a layer, with its title."""
    printed = await ogrinfo(f"OAPIF:{address}")
    for name in ("baeume", "things", "locations"):
        assert name in printed


async def test_all_features_are_read(address: str) -> None:
    """Over several pages, with the types that GDAL makes of the values."""
    printed = await ogrinfo("-al", "-oo", "PAGE_SIZE=100", f"OAPIF:{address}", "baeume")
    assert "Feature Count: 250" in printed
    assert "Extent: (7.600000, 51.900000) - (7.699000, 51.902000)" in printed
    assert printed.count("OGRFeature(baeume)") == 250
    assert "Nummer: Integer" in printed
    assert "gepflegt: DateTime" in printed


async def test_filters_reach_the_server(address: str) -> None:
    """A rectangle and a condition leave the same features that GDAL would have chosen itself."""
    box = ("-spat", "7.5995", "51.8995", "7.6045", "51.9005")
    assert "Feature Count: 4" in await ogrinfo("-so", "-al", *box, f"OAPIF:{address}", "baeume")
    printed = await ogrinfo("-so", "-al", "-where", "Art = 'Linde'", f"OAPIF:{address}", "baeume")
    assert "Feature Count: 50" in printed
