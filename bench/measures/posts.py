# SPDX-License-Identifier: EUPL-1.2
"""Single observations over HTTP at 64 connections, alone and while four clients load pages."""

from __future__ import annotations

import functools
import http.client
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bench import bare, load, readers, streams
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session

_STREAMS = 100
_LINK = re.compile(r'href="(/(?!assets|sta|live|en)[\w/-]*)"')


class PagesFailed(Exception):
    """A page did not come while observations came in."""


class LostOrDoubled(Exception):
    """The number of stored rows is not the number of acknowledged ones."""


def measure(session: Session) -> Iterator[Figure]:
    """Rate and p99 in both situations."""
    with session.demo() as installation:
        token = installation.token()
        with installation.connect() as connection:
            ids = streams.create(connection, streams=_STREAMS)
        paths = _pages(installation)
        plain = _posting(session, installation, request=_requests(ids=ids, token=token, year=2024))
        with readers.loading(port=installation.port, paths=paths) as read:
            mixed = _posting(session, installation, request=_requests(ids=ids, token=token, year=2025))
        if read["failed"]:
            raise PagesFailed(f"{read['failed']:.0f} pages did not answer 200")
        _count(installation, ids=ids, expected=plain.statuses[201] + mixed.statuses[201])
    with bare.serving(port=installation.port):
        empty = _posting(session, installation, request=_requests(ids=ids, token=token, year=2024))
    yield from _figures("POST /Observations", plain, empty, rate=6000, p99=50)
    yield from _figures(
        f"the same, {read['pages']:.0f} pages/s loaded beside it", mixed, empty, rate=3000, p99=100
    )


def _posting(
    session: Session, installation: Installation, *, request: Callable[[int], bytes]
) -> load.Outcome:
    return load.run(port=installation.port, request=request, seconds=session.seconds)


def _figures(
    name: str, outcome: load.Outcome, empty: load.Outcome, *, rate: float, p99: float
) -> Iterator[Figure]:
    about = "a server that stores nothing"
    yield Figure(
        name=f"{name}: rate", value=outcome.rate, unit="/s", reference=empty.rate, reference_is=about,
        goal=rate, goal_is="at least",
    )  # fmt: skip
    for share, goal in ((0.5, None), (0.99, p99)):
        yield Figure(
            name=f"{name}: p{share * 100:.0f}", value=outcome.milliseconds(share), unit="ms",
            reference=empty.milliseconds(share), reference_is=about, goal=goal,
        )  # fmt: skip


def _requests(*, ids: list[int], token: str, year: int) -> Callable[[int], bytes]:
    start = datetime(year, 1, 1, tzinfo=UTC)

    @functools.lru_cache(maxsize=2)  # one for all datastreams: what the load costs is not the server's
    def time(seconds: int) -> str:
        return (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def request(number: int) -> bytes:
        body = (
            f'{{"phenomenonTime":"{time(number // _STREAMS)}","result":{number % 997 / 10},'
            f'"Datastream":{{"@iot.id":{ids[number % _STREAMS]}}}}}'
        )
        return load.post(path="/sta/v1.1/Observations", body=body.encode(), token=token)

    return request


def _pages(installation: Installation) -> list[str]:
    """The front page and some pages it links to."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    found = ["/"]
    for path in dict.fromkeys(_LINK.findall(text)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200 and "html" in (answer.getheader("Content-Type") or ""):
            found.append(path)
    return found[:12]


def _count(installation: Installation, *, ids: list[int], expected: int) -> None:
    with installation.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM things.observation WHERE datastream_id = ANY (%s)", [ids]
        ).fetchone()
    if row is None or row[0] != expected:
        raise LostOrDoubled(f"{expected} acknowledged, {row} stored")
