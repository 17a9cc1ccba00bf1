# SPDX-License-Identifier: EUPL-1.2
"""Documents of the catalogue: a page or the whole of it, or one dataset, read while they are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from stadtkern.catalogue import queries
from stadtkern.catalogue.dcat import checks, describe, terms
from stadtkern.catalogue.dcat.places import Addresses
from stadtkern.catalogue.dcat.terms import Iri, Resource, Text, Typed
from stadtkern.catalogue.dcat.writers import Format, Writer
from stadtkern.catalogue.entities import Agent, Dataset
from stadtkern.core import fragments, problems, statements
from stadtkern.core.fragments import Fragment
from stadtkern.ui.visit import Visit

MOST = 1_000
# Judging a record takes as long as describing it.
JUDGED = 100
_AT_ONCE = 100
_THEMES = Iri("http://publications.europa.eu/resource/authority/data-theme")

Open = Callable[[], AbstractAsyncContextManager[Visit]]


class InvalidPage(problems.Problem):
    """There is no such page of the catalogue.

    `limit` is a number from 1 to 1000 or `all`, `after` a number that a link to the next page gave.
    """

    status = 400


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted of the catalogue: how many datasets (None: all), behind which one, perhaps only HVD."""

    path: str
    limit: int | None = 100
    after: int = 0
    only_hvd: bool = False

    def address(self, base: str, *, after: int) -> Iri:
        """The address of another page of the same."""
        query = {"limit": "all" if self.limit is None else self.limit} if self.limit != _AT_ONCE else {}
        given = urlencode({**query, **({"after": after} if after else {})})
        return Iri(base + self.path + (f"?{given}" if given else ""))


def asked(*, path: str, limit: str, after: str, only_hvd: bool) -> Asked:
    """Read what stands in an address. Raises InvalidPage."""
    for name, given in (("limit", limit), ("after", after)):
        if (
            given
            and not (given.isascii() and given.isdigit() and len(given) < 18)
            and (name, given) != ("limit", "all")
        ):
            raise InvalidPage(f"`{name}` is {given[:40]!r}")
    number = None if limit == "all" else int(limit or _AT_ONCE)
    if number is not None and not 1 <= number <= MOST:
        raise InvalidPage(f"`limit` is {number}")
    return Asked(path=path, limit=number, after=int(after or 0), only_hvd=only_hvd)


async def catalogue(open_: Open, *, addresses: Addresses, form: Format, wanted: Asked) -> AsyncIterator[str]:
    """The catalogue, page by page; rights are asked for anew with each hundred datasets."""
    writer: Writer = form.writer()
    yield writer.begin()
    after, left, written, more = wanted.after, wanted.limit, 0, True
    while more and left != 0:
        number = _AT_ONCE if left is None else min(left, _AT_ONCE)
        async with open_() as visit:
            if not written:
                head = await _catalogue(visit, addresses)
            found = await queries.page(
                visit.connection, visit.scope, *_conditions(wanted), after=after, limit=number + 1
            )
            more, found = len(found) > number, found[:number]
            resources = await _described(visit, addresses, found)
        if not written:
            yield "".join(writer.write(resource) for resource in head)
        for about, parts in resources:
            yield "".join(writer.write(each) for each in (*_listed(addresses, about), *parts))
        written += len(found)
        after = found[-1].id if found else after
        left = None if left is None else left - len(found)
        if not found:
            break
    total = await _total(open_, wanted)
    yield writer.write(_view(addresses, wanted, after=after, more=more and bool(written), total=total))
    yield writer.end()


async def one(visit: Visit, *, addresses: Addresses, form: Format, about: Dataset) -> str:
    """The document of one dataset."""
    writer: Writer = form.writer()
    described = await _described(visit, addresses, [about])
    parts = "".join(writer.write(each) for _, resources in described for each in resources)
    return writer.begin() + parts + writer.end()


async def published(visit: Visit, *, uuid: UUID) -> Dataset:
    """A published dataset. Raises NotFound."""
    found = await queries.one(visit.connection, visit.scope, uuid=uuid)
    if found is None or found.state != "published":
        raise problems.NotFound(f"no dataset {uuid}")
    return found


async def judged(
    visit: Visit, *, addresses: Addresses, after: int
) -> tuple[list[dict[str, object]], int | None]:
    """Datasets with what is wrong with them, and behind which one to go on."""
    wanted = Asked(path="")
    found = await queries.page(visit.connection, visit.scope, *_conditions(wanted), after=after, limit=JUDGED)
    judged_ = [
        (addresses.dataset(about.uuid).value, checks.findings(about, now=visit.now)) for about in found
    ]
    wrong: list[dict[str, object]] = [
        {"dataset": address, "findings": each} for address, each in judged_ if each
    ]
    return wrong, found[-1].id if len(found) == JUDGED else None


def _conditions(wanted: Asked) -> list[Fragment]:
    """Drafts are for those who work on them, not for who harvests in their name."""
    high_value = [Fragment("c.hvd_categories <> '{}'")] if wanted.only_hvd else []
    return [Fragment("d.state = 'published'"), *high_value]


async def _described(
    visit: Visit, addresses: Addresses, found: list[Dataset]
) -> list[tuple[Dataset, list[Resource]]]:
    ids = [about.id for about in found]
    wanted = [about.series_id for about in found if about.series_id is not None]
    text, params = fragments.join(
        [
            Fragment(statements.load("catalogue")["dcat_series"] + " ", (wanted,)) + visit.scope.on("d.id"),
            Fragment(statements.load("catalogue")["dcat_parents"] + " ", (ids,))
            + visit.scope.on("c.dataset_id"),
        ],
        separator=" UNION ALL ",
    )
    rows = await (await visit.connection.execute(text, params)).fetchall()
    series = {number: addresses.dataset(uuid) for number, uuid in rows if uuid is not None}
    parents = {number for number, uuid in rows if uuid is None}
    return [
        (
            about,
            list(
                describe.dataset(
                    addresses, about, series=series.get(about.series_id or 0), is_series=about.id in parents
                )
            ),
        )
        for about in found
    ]


def _listed(addresses: Addresses, about: Dataset) -> Iterable[Resource]:
    """That the catalogue holds a dataset and its interfaces."""
    said: list[tuple[str, terms.Term]] = [("dcat:dataset", addresses.dataset(about.uuid))]
    said += [("dcat:service", addresses.service(service.uuid)) for service in about.services]
    yield Resource(addresses.catalogue, tuple(said))


async def _catalogue(visit: Visit, addresses: Addresses) -> list[Resource]:
    row = await (await visit.connection.execute(statements.load("catalogue")["dcat_city"])).fetchone()
    if row is None:
        raise problems.NotFound("the city has no organisation yet")
    agent = msgspec.convert(row[0], Agent)
    city = visit.city.name
    address = addresses.catalogue
    described = terms.resource(
        address,
        "dcat:Catalog",
        ("dct:title", [Text(f"Datenkatalog {city}", "de"), Text(f"Data catalogue of {city}", "en")]),
        ("dct:description", [
            Text(f"Datensätze von {city}: Messreihen, Tabellen, Geodaten und Dateien.", "de"),
            Text(f"Datasets of {city}: time series, tables, geodata and files.", "en"),
        ]),
        ("dct:publisher", addresses.organisation(agent.id)),
        ("foaf:homepage", terms.iri(f"{addresses.base}/daten")),
        ("dct:language", [terms.code(f"{terms.EU}language/", tag) for tag in ("DEU", "ENG")]),
        ("dcat:themeTaxonomy", _THEMES),
        ("dct:modified", terms.instant(row[1])),
    )  # fmt: skip
    return [described, describe.publisher(addresses, agent)]


async def _total(open_: Open, wanted: Asked) -> int:
    async with open_() as visit:
        text, params = Fragment(statements.load("catalogue")["dcat_count"] + " ") + fragments.every(
            [*_conditions(wanted), visit.scope.on("c.dataset_id"), visit.scope.on("d.id")]
        )
        row = await (await visit.connection.execute(text, params)).fetchone()
        return int(row[0]) if row else 0


def _view(addresses: Addresses, wanted: Asked, *, after: int, more: bool, total: int) -> Resource:
    """Where the next page is, in the words of Hydra: the present ones and those harvesters still read."""
    first = wanted.address(addresses.base, after=0)
    further = wanted.address(addresses.base, after=after) if more else None
    size = None if wanted.limit is None else Typed(str(wanted.limit), "xsd:integer")
    return terms.resource(
        wanted.address(addresses.base, after=wanted.after),
        "hydra:PartialCollectionView",
        ("rdf:type", Iri(terms.expanded("hydra:PagedCollection"))),
        ("hydra:first", first),
        ("hydra:firstPage", first),
        ("hydra:next", further),
        ("hydra:nextPage", further),
        ("hydra:itemsPerPage", size),
        ("hydra:totalItems", Typed(str(total), "xsd:integer")),
    )
