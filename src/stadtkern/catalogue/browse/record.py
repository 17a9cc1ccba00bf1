# SPDX-License-Identifier: EUPL-1.2
"""The page of one dataset: the data first, then how to take them along, then all that is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

import msgspec
from django.utils.translation import gettext

from stadtkern.catalogue import addresses, quality, vocabularies
from stadtkern.catalogue.browse import (
    columns,
    embed,
    jsonld,
    listing,
    picture,
    programs,
    series,
    sizes,
    table,
    wording,
)
from stadtkern.catalogue.charts import chart as charts
from stadtkern.catalogue.charts import figures
from stadtkern.catalogue.charts.asking import Question
from stadtkern.catalogue.charts.chart import Chart
from stadtkern.catalogue.entities import Dataset, Distribution
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit


class Form(msgspec.Struct, frozen=True):
    """One way to have the data, in words; `file`: the number of a file of ours."""

    form: Distribution
    title: str
    about: str
    format: str
    size: str
    address: str
    download: bool
    file: str = ""


class Licence(msgspec.Struct, frozen=True):
    """A licence in words, with the source to be named."""

    name: str
    text: str
    words: str
    attribution: str
    rights: str
    credit: str


class Fact(msgspec.Struct, frozen=True):
    """A line of the metadata; `links` where the values are addresses or searches."""

    name: str
    values: Sequence[str]
    links: Sequence[tuple[str, str]] = ()


async def context(visit: Visit, dataset: Dataset) -> Mapping[str, Any]:
    """Everything the template shows."""
    holding = None
    tables: list[table.Preview] = []
    if dataset.kind == "series":
        holding = await series.of_dataset(visit, dataset_id=dataset.id)
    else:
        tables = await table.of_dataset(visit, dataset_id=dataset.id)
    score = quality.score(dataset)
    newest = (await listing.newest_readings(visit, ids=[dataset.id])).get(dataset.id)
    shown = await picture.of_dataset(visit, dataset)
    chart = await _chart(visit, dataset, tables)
    return {
        "dataset": dataset,
        "title": wording.said(dataset.title) or dataset.key,
        "paragraphs": _paragraphs(wording.said(dataset.description)),
        "kind": wording.KINDS[dataset.kind],
        "state": wording.STATES[dataset.state],
        "holding": holding,
        "newest": newest,
        "late_after": listing.LATE_AFTER,
        "tables": tables,
        "picture": shown,
        "chart": chart,
        "programs": programs.of_dataset(dataset, tables=tables, holding=holding),
        "explained_columns": [columns.explained(each) for each in tables] or columns.of_series(holding),
        "snippets": embed.snippets(dataset, mapped=shown is not None, tables=tables, holding=holding),
        "forms": [
            _form(form, sizes.said(form, tables=tables, holding=holding)) for form in dataset.distributions
        ],
        "licences": [_licence(dataset, form) for form in wording.licences(dataset)],
        "credits": _credits(dataset),
        "score": score,
        "quality": wording.quality_in_words(score),
        "facts": [fact for fact in _facts(visit, dataset) if fact.values or fact.links],
        "keywords": dataset.keywords.get(wording.language()) or dataset.keywords.get("de") or (),
        "frequency": wording.name("frequency", dataset.frequency) if dataset.frequency else "",
        "json_ld": jsonld.script(dataset, city=visit.city.name) if public(dataset) else "",
    }


async def _chart(visit: Visit, dataset: Dataset, tables: Sequence[table.Preview]) -> Chart | None:
    """What suits the first table best; None where it shows nothing, or not soon enough."""
    for each in tables[:1]:
        question = Question(table=each.collection.key)
        found = await charts.of_table(
            visit, question, dataset, each.collection, milliseconds=figures.BRIEF, at_home=True
        )
        return found if found.filled else None
    return None


def public(dataset: Dataset) -> bool:
    """Whether search engines may know of it."""
    return dataset.state == "published" and dataset.room.kind == "public"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _form(form: Distribution, size: str) -> Form:
    kind = wording.name("format", form.format) if form.format else ""
    return Form(
        form=form,
        title=wording.said(form.title) or kind or gettext("Daten"),
        about=wording.said(form.description),
        format=kind,
        size=size,
        address=form.download_url or form.access_url,
        download=bool(form.download_url),
        file=form.access_url.rpartition("/")[2] if form.made_by == "file" else "",
    )


def _licence(dataset: Dataset, form: Distribution) -> Licence:
    known = vocabularies.licence(form.licence)
    return Licence(
        known.name or gettext("Keine Lizenz angegeben"), known.text, wording.licence_in_words(form),
        form.attribution, form.rights, _credit(dataset, form, known),
    )  # fmt: skip


def _credits(dataset: Dataset) -> list[tuple[str, str]]:
    """One text per licence, each with its place on the page."""
    found = [_licence(dataset, form).credit for form in wording.licences(dataset)]
    return [(f"quelle-{n}", text) for n, text in enumerate(dict.fromkeys(filter(None, found)), 1)]


def _credit(dataset: Dataset, form: Distribution, known: vocabularies.Licence) -> str:
    """How to name the source: title, whose, under which licence, where; ready to be copied."""
    if not form.licence:
        return ""
    publisher = form.attribution or wording.said(dict(dataset.organisation.name))
    licence = f"{known.name} ({known.text})" if known.text and known.text != known.name else known.name
    parts = (formats.quoted(wording.said(dataset.title) or dataset.key), publisher, licence)
    return ", ".join(part for part in parts if part) + f", {addresses.absolute(f'/daten/{dataset.key}')}"


def _facts(visit: Visit, dataset: Dataset) -> list[Fact]:
    zone = visit.city.zone
    publisher = wording.said(dict(dataset.organisation.name))
    concepts = [vocabularies.concepts().get(slug) for slug in dataset.musterdatensaetze]
    return [
        Fact(gettext("Veröffentlicht von"), [publisher]),
        Fact(gettext("Kontakt"), _contact(dataset), _contact_links(dataset)),
        Fact(
            gettext("Thema"), [], [(wording.name("theme", code), f"?thema={code}") for code in dataset.themes]
        ),
        Fact(gettext("Zeitraum"), _span(visit, dataset)),
        Fact(
            gettext("Aktualisiert"),
            [wording.name("frequency", dataset.frequency)] if dataset.frequency else [],
        ),
        Fact(gettext("Veröffentlicht am"), _day(dataset.issued, zone)),
        Fact(gettext("Zuletzt geändert"), _day(dataset.modified, zone)),
        Fact(gettext("Sprache"), [wording.name("language", code) for code in dataset.language]),
        Fact(gettext("Zugang"), _named("access_rights", dataset.access_rights)),
        Fact(gettext("Verfügbarkeit"), _named("availability", dataset.availability)),
        Fact(gettext("Ebene"), _named("political_level", dataset.political_level)),
        Fact(
            gettext("Hochwertiger Datensatz"), [wording.name("hvd", code) for code in dataset.hvd_categories]
        ),
        Fact(gettext("Musterdatensatz"), [f"{c.theme} – {c.name}" for c in concepts if c]),
        Fact(gettext("Rechtsgrundlage"), [dataset.legal_basis] if dataset.legal_basis else []),
        Fact(gettext("Herkunft"), [wording.said(dataset.provenance)] if dataset.provenance else []),
        Fact(
            gettext("Mehr dazu"),
            [],
            [(url, url) for url in (dataset.landing_page, *dataset.documentation) if url],
        ),
        Fact(gettext("Version"), [dataset.version] if dataset.version else []),
        Fact(gettext("Kennung"), [dataset.identifier or str(dataset.uuid)]),
    ]


def _day(value: datetime | None, zone: tzinfo) -> list[str]:
    return [formats.day(_local(value, zone))] if value else []


def _local(value: datetime, zone: tzinfo) -> date:
    """The day in the city; other catalogues write the end of all times for what has no end."""
    try:
        return value.astimezone(zone).date()
    except OverflowError:
        return value.date()


def _named(field: str, code: str) -> list[str]:
    return [wording.name(field, code)] if code else []


def _contact(dataset: Dataset) -> list[str]:
    return [text for text in (dataset.contact.name, dataset.contact.telephone) if text]


def _contact_links(dataset: Dataset) -> list[tuple[str, str]]:
    contact = dataset.contact
    mail = contact.email or dataset.organisation.email
    found = [(mail, f"mailto:{mail}")] if mail else []
    return [*found, (contact.url, contact.url)] if contact.url else found


def _span(visit: Visit, dataset: Dataset) -> list[str]:
    since, until = dataset.temporal_from, dataset.temporal_until
    zone = visit.city.zone
    if since and until:
        days = [formats.day(_local(value, zone)) for value in (since, until)]
        return [" – ".join(days)]
    if since:
        return [gettext("seit %(day)s") % {"day": formats.day(_local(since, zone))}]
    if until:
        return [gettext("bis %(day)s") % {"day": formats.day(_local(until, zone))}]
    return []
