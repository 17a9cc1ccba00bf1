# SPDX-License-Identifier: EUPL-1.2
"""The cockpit: time until the page has come, and everything that goes over the wire for it, the map apart."""

from __future__ import annotations

import gzip
import http.client
import re
import time
from collections.abc import Iterator

from bench import bare
from bench.figures import Figure, quantile
from bench.session import Session

_ROUNDS = 60
_ASSET = re.compile(
    r"""(?:<(?:link|script|img|source)\b[^>]*?(?:href|src)=|url\()["']?(/assets/[^"')\s>]+)"""
)
_MAP = re.compile(r"map|outline|\.geojson|echarts")


def measure(session: Session) -> Iterator[Figure]:
    """Load the page again and again on one connection, then everything it refers to."""
    with session.demo() as installation:
        _times(installation.port, "/", rounds=10)
        page = _times(installation.port, "/", rounds=_ROUNDS)
        html, size = _fetch(installation.port, "/")
        found = dict.fromkeys(_ASSET.findall(html))
        sizes = {path: 0 for path in found if not _MAP.search(path)}
        for path in list(sizes):
            text, sizes[path] = _fetch(installation.port, path)
            if path.endswith(".css"):
                for inner in dict.fromkeys(_ASSET.findall(text)):
                    sizes.setdefault(inner, _fetch(installation.port, inner)[1])
    with bare.serving(port=installation.port):
        empty = _times(installation.port, f"/{len(html.encode())}", rounds=_ROUNDS)
    yield Figure(
        name="cockpit page, one client: p95", value=1000 * quantile(page, 0.95), unit="ms", goal=100,
        reference=1000 * quantile(empty, 0.95), reference_is="a server that answers as many bytes",
    )  # fmt: skip
    yield Figure(
        name=f"cockpit over the wire, page and {len(sizes)} files", value=(size + sum(sizes.values())) / 1000,
        unit="kB", goal=300, reference=size / 1000, reference_is="the page alone",
    )  # fmt: skip


def _times(port: int, path: str, *, rounds: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
    return taken


def _fetch(port: int, path: str) -> tuple[str, int]:
    """The text, and how many bytes head and (compressed) body took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    plain = gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
    return plain.decode("utf-8", "replace"), len(body) + head
