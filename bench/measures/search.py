# SPDX-License-Identifier: EUPL-1.2
"""The search among 100,000 datasets: pages with counts of all facets, asked for the first time and again."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from bench import bare, datasets
from bench.figures import Figure, quantile
from bench.session import Session

_DATASETS = 100_000
_GOAL = 100.0


def measure(session: Session) -> Iterator[Figure]:
    """Questions as people ask them: a word or two, sometimes a facet, a time, an area, a typing error."""
    with session.blank("search") as installation:
        with installation.connect() as connection:
            began = time.perf_counter()
            datasets.fill(connection, datasets=_DATASETS)
            filled = time.perf_counter() - began
        asked = questions(random.Random(1))
        _times(installation.port, ["/daten"])
        first = _times(installation.port, asked)
        again = _times(installation.port, asked)
        size = _size(installation.port, asked[0])
    with bare.serving(port=installation.port):
        empty = _times(installation.port, [f"/{size}"] * len(asked))
    yield from _figures(first, again, empty, filled)


def _figures(first: list[float], again: list[float], empty: list[float], filled: float) -> Iterator[Figure]:
    reference, is_ = 1000 * quantile(empty, 0.95), "a server that answers as many bytes"
    for name, taken in (("asked for the first time", first), ("asked again", again)):
        yield Figure(
            name=f"page of the search among {_DATASETS:,} datasets with facets, {name}: p95",
            value=1000 * quantile(taken, 0.95), unit="ms", goal=_GOAL, reference=reference, reference_is=is_,
        )  # fmt: skip
    yield Figure(
        name="datasets made and indexed", value=_DATASETS / filled, unit="1/s",
        reference=_DATASETS / filled, reference_is="the same, there is nothing to compare it with",
    )  # fmt: skip


def questions(dice: random.Random) -> list[str]:
    """A hundred and fifty different addresses."""
    texts = [
        "Baum", "Baumkataster", "Radverkehr", "Spielplatz 2019", "Haushaltsplan", "Lärm", "Wasser Pegel",
        "Schulstatistik", "Photovoltaik", "Denkmal Karte", "Luftmessung 2024", "Verkehrszählung Brücke",
        "Abfall", "Kita", "Museen", "kataster", "Wahlbericht 1999", "Straßenverzeichniss",
        "Feuerwehr Sicherheit", "Wohnungen Miete",
    ]  # fmt: skip
    facets = [{}, {}, {}, {"thema": "ENVI"}, {"thema": "TRAN"}, {"format": "CSV"}, {"art": "features"},
              {"von": "2015-01-01", "bis": "2016-01-01"}, {"ausschnitt": "7.5,51.9,7.6,52"}]  # fmt: skip
    made = {
        "/daten?"
        + urlencode({"q": f"{text} {dice.choice(texts)}" if dice.random() < 0.2 else text, **narrowed})
        for text in [*texts, ""]
        for narrowed in facets
    }
    return dice.sample(sorted(made), 150)


def _times(port: int, paths: list[str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        taken.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
    return taken


def _size(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    return len(connection.getresponse().read())
