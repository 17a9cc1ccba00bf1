# SPDX-License-Identifier: EUPL-1.2
"""A million rows of a file from the upload to a published dataset, and the first page of a huge table."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench import bare, tables
from bench.clerk import Clerk
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.session import Session

_ROWS = 1_000_000
_ASKED = 20
_SECONDS, _MILLISECONDS = 60.0, 50.0


def measure(session: Session) -> Iterator[Figure]:
    """As a clerk does it, by the pages; then as anybody asks, by the interfaces."""
    with session.blank("onboarding") as installation:
        clerk = Clerk(installation)
        trees, counts = installation.folder / "trees.csv", installation.folder / "counts.csv"
        tables.trees_as_csv(trees, rows=_ROWS)
        tables.counts_as_csv(counts, rows=_ROWS)
        plain = _copied(installation, trees)
        key, taken = clerk.publish(trees, title="Bäume", target="features")
        _shows(installation, f"/ogc/collections/{key}/items?limit=1")
        yield _published("places on the map", taken, plain)
        series, taken = clerk.publish(counts, title="Zählungen", target="series")
        _shows(installation, f"/daten/{series}")
        yield _published("time series", taken, plain)
        rows = session.rows
        filled = asyncio.run(tables.fill(installation.database_url, key=key, rows=rows))
        asked = questions(installation, key=key)
        times = {name: [_ask(installation, path) for path in paths] for name, paths in asked.items()}
        size = max(len(_body(installation, paths[0])) for paths in asked.values())
    with bare.serving(port=installation.port):
        empty = [_ask(installation, f"/{size}") for _ in range(_ASKED)]
    for name, each in times.items():
        yield Figure(
            name=f"first page of {rows:,} rows, {name}: p95", value=1000 * quantile(each, 0.95), unit="ms",
            goal=_MILLISECONDS, reference=1000 * quantile(empty, 0.95),
            reference_is="a server that answers as many bytes",
        )  # fmt: skip
    yield Figure(
        name="rows of a table stored with nine columns and their indexes", value=rows / filled, unit="rows/s",
        reference=_ROWS / plain, reference_is="COPY of such rows into a plain table",
    )  # fmt: skip


def _published(what: str, taken: dict[str, float], plain: float) -> Figure:
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in taken.items())
    return Figure(
        name=f"CSV of {_ROWS:,} rows from upload to published {what} ({steps} s)", value=sum(taken.values()),
        unit="s", goal=_SECONDS, reference=plain, reference_is="COPY of such rows into a plain table",
    )  # fmt: skip


def questions(installation: Installation, *, key: str) -> dict[str, list[str]]:
    """Addresses of first pages: plain, filtered by every kind of column, sorted by each."""
    dice = random.Random(7)
    items = f"/ogc/collections/{key}/items?"

    def many(one: Callable[[], dict[str, str]]) -> list[str]:
        return [items + urlencode({"limit": "20", **one()}) for _ in range(_ASKED)]

    def box() -> dict[str, str]:
        west, south = 7.4 + dice.random() * 0.3, 51.9 + dice.random() * 0.2
        return {"bbox": f"{west:.5f},{south:.5f},{west + 0.001:.5f},{south + 0.001:.5f}"}

    filters: dict[str, Callable[[], str]] = {
        "a frequent text": lambda: f"art='{dice.choice(tables.KINDS)}'",
        "a rare text": lambda: f"bemerkung='Kontrolle {dice.randrange(100_000)}'",
        "a range of numbers": lambda: f"hoehe>{29 + dice.random():.4f}",
        "a narrow range of numbers": lambda: f"nr between {(at := dice.randrange(99_000))} and {at + 9}",
        "a day": lambda: f"gepflanzt=DATE('{1965 + dice.randrange(50)}-03-{1 + dice.randrange(28):02}')",
        "two columns": lambda: f"art='{dice.choice(tables.KINDS)}' and umfang<{25 + dice.randrange(50)}",
    }
    found = {"as it comes": many(dict), "in a small rectangle": many(box)}
    for name, text in filters.items():
        found[f"with {name}"] = many(lambda text=text: {"filter": text()})  # type: ignore[misc]
    resource = _resource(installation, key)
    ask = partial(_sorted, resource)
    for column in ("nr", "art", "strasse", "hoehe", "gepflanzt", "geprueft", "bemerkung"):
        found[f"sorted by {column}"] = [ask(f"{column} {way}") for way in ("asc", "desc") for _ in range(10)]
    wanted = {"art": "Linde"}
    found["sorted and filtered"] = [ask(f"hoehe {w}", wanted) for w in ("asc", "desc") for _ in range(10)]
    return found


def _sorted(resource: str, order: str, filters: dict[str, str] | None = None) -> str:
    given = {"resource_id": resource, "limit": "20", "sort": order}
    if filters:
        given["filters"] = json.dumps(filters)
    return f"/api/3/action/datastore_search?{urlencode(given)}"


def _resource(installation: Installation, key: str) -> str:
    """The id of the form of the dataset that CKAN's clients ask for rows."""
    shown = json.loads(_body(installation, f"/api/3/action/package_show?id={key}"))
    for resource in shown["result"]["resources"]:
        if resource.get("datastore_active"):
            return str(resource["id"])
    raise RuntimeError(f"{key} has no table that CKAN's interface knows")


def _copied(installation: Installation, path: Path) -> float:
    """Seconds that COPY takes for the same file into a plain table without index."""
    with installation.connect() as connection, connection.transaction():
        connection.execute("SET LOCAL client_encoding = 'WIN1252'")
        connection.execute(
            "CREATE TABLE public.bench_trees (a text, b text, c text, d text, e text, f text, g text, h text)"
        )
        began = time.perf_counter()
        with (
            path.open("rb") as file,
            connection.cursor().copy(
                "COPY public.bench_trees FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)"
            ) as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)
    return time.perf_counter() - began


def _shows(installation: Installation, path: str) -> None:
    _body(installation, path)


def _body(installation: Installation, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}: {body[:300]!r}")
    return body


def _ask(installation: Installation, path: str) -> float:
    began = time.perf_counter()
    _body(installation, path)
    return time.perf_counter() - began
