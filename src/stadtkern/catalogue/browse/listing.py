# SPDX-License-Identifier: EUPL-1.2
"""The list of datasets: what was found, as cards, and by what it can be narrowed down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import msgspec
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search.question import SIZE, Order, Question
from stadtkern.core import statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui import formats
from stadtkern.ui.paging import Paging
from stadtkern.ui.visit import Visit

_SHOWN = 8
# A dataset without a newer reading than this is told to be late.
LATE_AFTER = timedelta(days=2)
_LONGEST = 220
_TITLES = {
    "theme": gettext_lazy("Thema"),
    "kind": gettext_lazy("Art"),
    "format": gettext_lazy("Format"),
    "licence": gettext_lazy("Lizenz"),
    "organisation": gettext_lazy("Stelle"),
    "hvd": gettext_lazy("Hochwertige Datensätze"),
}


class Value(msgspec.Struct, frozen=True):
    """One value of a facet, with the address that chooses it or takes it back."""

    name: str
    n: str
    query: str
    chosen: bool


class Facet(msgspec.Struct, frozen=True):
    """By what the list can be narrowed down."""

    key: str
    title: object
    values: Sequence[Value]
    more: Sequence[Value]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset in the list; `newest` is the instant of the newest reading, where there are any.

    `badges`: what must be said of it, and whether it is a warning. `state`: how old it is without readings.
    `called`, `told`: title and description by language.
    """

    url: str
    kind: str
    office: str
    badges: Sequence[tuple[str, bool]]
    title: str
    about: str
    formats: Sequence[str]
    licence: str
    newest: datetime | None
    state: str
    late_after: timedelta = LATE_AFTER
    called: object = ""
    told: object = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list."""

    cards: Sequence[Card]
    facets: Sequence[Facet]
    chosen: Sequence[Value]
    total: int
    says: str
    roughly: bool
    paging: Paging
    orders: Sequence[tuple[str, str, bool]]


async def read(visit: Visit, *, question: Question) -> Listing:
    """Search and put together what the page shows."""
    found = await find.search(visit.connection, visit.scope, question=question)
    newest = await newest_readings(visit, ids=[dataset.id for dataset in found.datasets])
    names = await _organisations(visit, found)
    facets = [_facet(key, question=question, found=found, names=names) for key in _TITLES]
    total = found.counts.total
    return Listing(
        cards=_cards(visit, found.datasets, newest),
        facets=[facet for facet in facets if facet.values],
        chosen=[*_narrowed(question), *(_chosen(k, v, 0, question, names) for k, v in question.facets)],
        total=total,
        says=ngettext("%(n)s Datensatz", "%(n)s Datensätze", total) % {"n": formats.number(total, digits=0)},
        roughly=found.roughly,
        paging=_paging(question, total=total),
        orders=_orders(question),
    )


async def newest_readings(visit: Visit, *, ids: list[int]) -> Mapping[int, datetime]:
    """When the newest reading in each of these datasets was made."""
    text, params = (
        Fragment(statements.load("catalogue")["newest_readings"] + " ", (ids,))
        + visit.scope.on("t.dataset_id")
        + Fragment(" GROUP BY t.dataset_id")
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    return {row[0]: row[1] for row in rows if row[1] is not None}


async def _organisations(visit: Visit, found: find.Found) -> Mapping[str, str]:
    wanted = [int(value) for value, _ in found.counts.facets.get("organisation", ())]
    sql = statements.load("catalogue")["organisation_names"]
    rows: list[tuple[int, Any, str]] = await (await visit.connection.execute(sql, {"ids": wanted})).fetchall()
    return {str(id_): wording.said(names) or name for id_, names, name in rows}


def _cards(visit: Visit, datasets: Sequence[Dataset], newest: Mapping[int, datetime]) -> list[Card]:
    # Keys need no quoting, and to make an address of each anew takes as long as all the rest.
    start = reverse("dataset", args=["0"]).removesuffix("0")
    return [_card(visit, dataset, newest.get(dataset.id), url=start + dataset.key) for dataset in datasets]


def _card(visit: Visit, dataset: Dataset, newest: datetime | None, *, url: str) -> Card:
    kinds = dict.fromkeys(
        wording.name("format", form.format) for form in dataset.distributions if form.format
    )
    licences = wording.licences(dataset)
    day = formats.day(dataset.moved.astimezone(visit.city.zone).date())
    return Card(
        url=url,
        kind=str(wording.KINDS[dataset.kind]),
        office=formats.words(dataset.organisation.name),
        badges=_badges(dataset),
        title=wording.said(dataset.title) or dataset.key,
        about=formats.excerpt(dataset.description, _LONGEST),
        formats=list(kinds),
        licence=wording.name("licence", licences[0].licence) if licences else "",
        newest=newest,
        state=gettext("Stand %(day)s") % {"day": day},
        called=dataset.title,
        told=dataset.description,
    )


def _badges(dataset: Dataset) -> list[tuple[str, bool]]:
    """Its room and state where these are not the usual ones, and where its values come from."""
    found = [(formats.words(dataset.room.title), False)] if dataset.room.kind != "public" else []
    if dataset.state != "published":
        found.append((str(wording.STATES[dataset.state]), True))
    if dataset.extra.get("simulated"):
        found.append((gettext("Simulation"), False))
    elif dataset.extra.get("replay"):
        found.append((gettext("Wiedergabe"), False))
    return found


def _facet(key: str, *, question: Question, found: find.Found, names: Mapping[str, str]) -> Facet:
    # Addresses differ in the value only; no question holds the sign that stands for it here.
    address = "?" + question.with_facet(key, "\0").query()
    values = [
        Value(
            _name(key, value, names), formats.number(n, digits=0), address.replace("%00", quote_plus(value)),
            False,
        )
        if value != question.chosen(key)
        else _chosen(key, value, n, question, names)
        for value, n in found.counts.facets.get(key, ())[: _SHOWN * 6]
    ]  # fmt: skip
    return Facet(key, _TITLES[key], values[:_SHOWN], values[_SHOWN:])


def _chosen(key: str, value: str, n: int, question: Question, names: Mapping[str, str]) -> Value:
    other = question.with_facet(key, "")
    return Value(_name(key, value, names), formats.number(n, digits=0), "?" + other.query(), True)


def _name(key: str, value: str, names: Mapping[str, str]) -> str:
    return names.get(value, value) if key == "organisation" else wording.name(key, value)


def _narrowed(question: Question) -> list[Value]:
    """Words and time as filters that can be taken back."""
    found = []
    for name, text, other in (
        ("", formats.quoted(question.text) if question.text else "", {"text": ""}),
        (gettext("seit %(day)s"), question.since and formats.day(question.since), {"since": None}),
        (gettext("bis %(day)s"), question.until and formats.day(question.until), {"until": None}),
    ):
        if text:
            said = name % {"day": text} if name else text
            query = msgspec.structs.replace(question, page=1, **other).query()
            found.append(Value(said, "", "?" + query, True))
    return found


def _orders(question: Question) -> list[tuple[str, str, bool]]:
    words: list[tuple[Order, str]] = [("", gettext("Passendste zuerst"))] if question.text else []
    names: list[tuple[Order, str]] = [
        *words,
        ("neu", gettext("Neueste zuerst")),
        ("titel", gettext("Nach Titel")),
    ]
    current = question.order or ("" if question.text else "neu")
    return [("?" + question.sorted_by(key).query(), label, key == current) for key, label in names]


def _paging(question: Question, *, total: int) -> Paging:
    last = max(1, -(-total // SIZE))
    page = question.page
    says = gettext("Seite %(n)s von %(last)s") % {"n": page, "last": formats.number(last, digits=0)}
    return Paging(
        "?" + question.turned(page=page - 1).query() if page > 1 else "",
        gettext("Zurück"),
        "?" + question.turned(page=page + 1).query() if page < last else "",
        gettext("Weiter"),
        says if last > 1 else "",
    )
