# SPDX-License-Identifier: EUPL-1.2
"""Addresses are fetched as what they are: files, layers of a WFS, collections page by page."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from stadtkern.catalogue.onboarding import sources
from stadtkern.core import addresses
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports.formats import kinds

pytestmark = pytest.mark.anyio
CAPABILITIES = (
    '<wfs:WFS_Capabilities xmlns:wfs="http://www.opengis.net/wfs/2.0"><FeatureTypeList>'
    "{}</FeatureTypeList></wfs:WFS_Capabilities>"
)


def features(*numbers: int) -> list[dict[str, object]]:
    """Some features."""
    return [{"type": "Feature", "properties": {"n": n}, "geometry": None} for n in numbers]


class Service(BaseHTTPRequestHandler):
    """A city's geodata service, small."""

    def do_GET(self) -> None:
        """Answer by path and query."""
        parts = urlsplit(self.path)
        query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
        body = json.dumps(self._document(parts.path, query)) if "apabilities" not in self.path else ""
        if parts.path.startswith("/deep") or query.get("offset") == "deep":
            body = '{"next":' + "[" * 100_000 + "]" * 100_000 + "}"
        if not body:
            layers = ["trees"] if parts.path == "/wfs" else ["trees", "lamps"]
            names = "".join(f"<FeatureType><Name>{name}</Name></FeatureType>" for name in layers)
            evil = (
                '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' if parts.path == "/evil/wfs" else ""
            )
            body = evil + CAPABILITIES.format(names)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def _document(self, path: str, query: dict[str, str]) -> dict[str, object]:
        if path == "/first/collections/trees/items":
            links = [{"rel": "next", "href": "?f=json&offset=deep"}]
            return {"type": "FeatureCollection", "features": features(1), "links": links}
        if path == "/ogc/collections/trees/items":
            start = int(query.get("offset", "0"))
            links = [{"rel": "next", "href": f"?f=json&offset={start + 2}"}] if start < 4 else []
            return {"type": "FeatureCollection", "features": features(start, start + 1), "links": links}
        if query.get("request") == "GetFeature" and query.get("typenames") == "trees":
            return {"type": "FeatureCollection", "features": features(7)}
        return {"asked": path}

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def allowed(settings: Settings) -> Settings:
    """An installation that may fetch from this machine."""
    return msgspec.structs.replace(settings, fetch_allowed=("127.0.0.1",))


def numbers(path: Path) -> list[int]:
    """What was fetched."""
    return [each["properties"]["n"] for each in json.loads(path.read_bytes())["features"]]


async def test_a_collection_is_fetched_to_its_last_page(
    service: str, allowed: Settings, tmp_path: Path
) -> None:
    """Its address is enough; the pages become one file."""
    told = await sources.fetch(f"{service}/ogc/collections/trees", path=tmp_path / "x", settings=allowed)
    assert numbers(tmp_path / "x") == [0, 1, 2, 3, 4, 5]
    assert told["file_name"] == "trees"


async def test_pages_that_are_nested_deeply_are_refused(
    service: str, allowed: Settings, tmp_path: Path
) -> None:
    """A further one; of the first one whoever reads the file says what is wrong."""
    await sources.fetch(f"{service}/deep/collections/trees", path=tmp_path / "x", settings=allowed)
    with pytest.raises(kinds.RefusedFile) as refused:
        await sources.fetch(f"{service}/first/collections/trees", path=tmp_path / "y", settings=allowed)
    assert refused.value.code == "json"


async def test_the_only_layer_of_a_wfs_is_taken(service: str, allowed: Settings, tmp_path: Path) -> None:
    """Where there are several, they are named."""
    await sources.fetch(f"{service}/wfs", path=tmp_path / "x", settings=allowed)
    assert numbers(tmp_path / "x") == [7]
    with pytest.raises(kinds.RefusedFile) as several:
        await sources.fetch(f"{service}/more/wfs", path=tmp_path / "y", settings=allowed)
    assert several.value.facts == {"names": "trees, lamps"}
    await sources.fetch(f"{service}/more/wfs?typeNames=trees", path=tmp_path / "y", settings=allowed)
    assert numbers(tmp_path / "y") == [7]


async def test_capabilities_with_entities_are_refused(
    service: str, allowed: Settings, tmp_path: Path
) -> None:
    """XXE by a service."""
    with pytest.raises(kinds.RefusedFile) as refused:
        await sources.fetch(f"{service}/evil/wfs", path=tmp_path / "x", settings=allowed)
    assert refused.value.code == "no_service"


async def test_inner_networks_are_not_asked(service: str, settings: Settings, tmp_path: Path) -> None:
    """Unless the installation allows them."""
    with pytest.raises(addresses.AddressRefused):
        await sources.fetch(f"{service}/wfs", path=tmp_path / "x", settings=settings)
    assert not (tmp_path / "x").exists()
