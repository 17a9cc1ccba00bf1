# SPDX-License-Identifier: EUPL-1.2
"""What clients ask of the API, over HTTP, in stores of different sizes: cost grows with the answer."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from bench import bare, plot
from bench.figures import Figure, quantile
from bench.session import LONG, History, Session

PICTURE = Path("docs/images/growth.svg")
SMALLEST = 1_000_000

_BASE = "/sta/v1.1"
_ROUNDS = 60
_WARM = 5
_DEEP_PAGE = 1000
_NEWEST = quote("Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))", safe="()$=;")


class Question(NamedTuple):
    """An address and the goal in milliseconds for the p95 of its answer, which may be a refusal."""

    about: str
    path: str
    goal: float | None = None
    refused: bool = False


class _Client:
    """One kept-alive connection."""

    def __init__(self, port: int):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str, *, refused: bool = False) -> bytes:
        """The answer's body."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200 and not (refused and answer.status < 500):
            raise RuntimeError(f"{path} answers {answer.status}: {body[:300]!r}")
        return body

    def json(self, path: str) -> dict[str, Any]:
        """The answer's document."""
        found: dict[str, Any] = msgspec.json.decode(self.get(path))
        return found


def measure(session: Session) -> Iterator[Figure]:
    """The same questions at each size; the goals are for the largest store."""
    sizes = [size for size in (SMALLEST, 10_000_000) if size < session.rows] + [session.rows]
    taken: dict[str, dict[int, float]] = {}
    answers: dict[str, int] = {}
    asked: dict[str, Question] = {}
    port = 0
    for rows in sizes:
        with session.history(rows=rows) as (installation, history):
            port = installation.port
            client = _Client(port)
            for question in _questions(client, history):
                asked[question.about] = question
                answers[question.about], milliseconds = _asked(client, question)
                taken.setdefault(question.about, {})[rows] = milliseconds
    with bare.serving(port=port):
        empty = {
            about: _asked(_Client(port), Question(about, f"/{size}"))[1] for about, size in answers.items()
        }
    for about, figures in taken.items():
        yield Figure(
            name=f"{about}, {_short(sizes[-1])} rows in the store: p95",
            value=figures[sizes[-1]],
            unit="ms",
            goal=asked[about].goal,
            reference=empty[about],
            reference_is="a server that answers as many bytes",
        )
    if len(sizes) > 1:
        yield from _growth(taken, sizes)
        PICTURE.write_text(plot.growth(taken), encoding="utf-8")


def _growth(taken: dict[str, dict[int, float]], sizes: list[int]) -> Iterator[Figure]:
    for about, figures in taken.items():
        yield Figure(
            name=f"{about}: p95 at {_short(sizes[-1])} rows",
            value=figures[sizes[-1]],
            unit="ms",
            reference=figures[sizes[0]],
            reference_is=f"the same at {_short(sizes[0])} rows",
        )


def _questions(client: _Client, history: History) -> Iterator[Question]:
    long = f"{_BASE}/Datastreams({history.long})/Observations"
    since = (datetime.now(UTC) - timedelta(minutes=LONG * 3 // 4)).strftime("%Y-%m-%dT%H:%M:%SZ")
    narrow = f"{long}?$filter=" + quote(f"phenomenonTime ge {since} and result gt 60")
    newest = client.json(f"{long}?$top=1&$orderby=phenomenonTime%20desc")["value"][0]["@iot.id"]
    yield Question("newest value of each of 100 Things (deep $expand)", f"{_BASE}/Things?$expand={_NEWEST}")
    yield Question("filter by time and result in one stream, first page", narrow, 10)
    yield Question("its 1,000th page", _far(client, f"{narrow}&$orderby=phenomenonTime", page=_DEEP_PAGE), 20)
    yield Question("$count of a million rows", f"{long}?$count=true&$top=0", 50)
    yield Question("$count of all rows", f"{_BASE}/Observations?$count=true&$top=0", 50)
    yield Question("$count of what a filter leaves of a million rows", f"{narrow}&$count=true&$top=0", 50)
    yield Question("one observation by its id", f"{_BASE}/Observations({newest})", 10)
    yield Question(
        "an order that no index backs is refused", f"{_BASE}/Observations?$orderby=result", 50, refused=True
    )


def _far(client: _Client, path: str, *, page: int) -> str:
    """The address of the so-manieth page; pages are small on the way."""
    small = f"{path}&$top=100"
    for _ in range(page - 1):
        link = client.json(small).get("@iot.nextLink")
        if link is None:
            raise RuntimeError(f"{path} has fewer than {page} pages")
        small = link[link.index(_BASE) :]
    return small


def _asked(client: _Client, question: Question) -> tuple[int, float]:
    """Size of the answer, and p95 in milliseconds."""
    return _timed(lambda: client.get(question.path, refused=question.refused))


def _timed(work: Callable[[], bytes]) -> tuple[int, float]:
    taken = []
    size = 0
    for _ in range(_ROUNDS + _WARM):
        began = time.perf_counter()
        size = len(work())
        taken.append(time.perf_counter() - began)
    return size, 1000 * quantile(taken[_WARM:], 0.95)


def _short(rows: int) -> str:
    return f"{rows // 1_000_000:,} M" if rows % 1_000_000 == 0 else f"{rows:,}"
