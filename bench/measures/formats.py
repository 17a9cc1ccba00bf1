# SPDX-License-Identifier: EUPL-1.2
"""Taking data away: long answers by format beside pages of JSON, and buckets of a year over HTTP."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import msgspec

from bench import bare, load
from bench.figures import Figure
from bench.session import Session

_ROWS = 100_000
_PAGE = 1_000
_PAGES = 20
_ROUNDS = 3
_HOURS = "hour(mean,min,max,count)"


def measure(session: Session) -> Iterator[Figure]:
    """Rows a second of one client, and the time a year of hours takes."""
    with session.history(rows=session.rows) as (installation, history):
        address = f"/sta/v1.1/Datastreams({history.long})/Observations"
        plain = _json(installation.port, f"{address}?$top={_PAGE}")
        for form in ("CSV", "dataArray"):
            path = f"{address}?$resultFormat={form}&$top={_ROWS}"
            yield Figure(
                name=f"{_ROWS:,} Observations as {form}, one client",
                value=max(_ROWS / _seconds(installation.port, path) for _ in range(_ROUNDS)),
                unit="rows/s",
                goal=3,
                goal_is="at least",
                of_reference=True,
                reference=plain,
                reference_is=f"the same as JSON, {_PAGE:,} a page",
            )
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start = end - timedelta(days=365)
        span = f"phenomenonTime ge {start:%Y-%m-%dT%H:%M:%SZ} and phenomenonTime lt {end:%Y-%m-%dT%H:%M:%SZ}"
        stream = f"/sta/v1.1/Datastreams({history.whole[0]})/Observations"
        path = f"{stream}?$aggregate={_HOURS}&$filter={quote(span)}"
        size, taken = _size(installation.port, path), _p95(installation.port, path)
    with bare.serving(port=installation.port):
        yield Figure(
            name=f"a year by hour over HTTP ($aggregate, {size // 1000} kB): p95",
            value=taken,
            unit="ms",
            goal=30,
            reference=_p95(installation.port, f"/{size}"),
            reference_is="a server that answers as many bytes",
        )


def _json(port: int, path: str) -> float:
    """Rows a second over pages of JSON."""
    rows, began = 0, time.perf_counter()
    for _ in range(_PAGES):
        page = msgspec.json.decode(_get(port, path))
        rows += len(page["value"])
        parts = urlsplit(page["@iot.nextLink"])
        path = f"{parts.path}?{parts.query}"
    return rows / (time.perf_counter() - began)


def _seconds(port: int, path: str) -> float:
    began = time.perf_counter()
    _get(port, path)
    return time.perf_counter() - began


def _size(port: int, path: str) -> int:
    return len(_get(port, path))


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    return body


def _p95(port: int, path: str) -> float:
    outcome = load.run(port=port, request=lambda _: load.get(path=path), connections=1, seconds=4, warm_up=1)
    return outcome.milliseconds(0.95)
