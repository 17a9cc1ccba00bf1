# SPDX-License-Identifier: EUPL-1.2
"""The catalogue in four formats says the same, holds any text, and conforms to DCAT-AP.de 3.0."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import msgspec
import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, RDF, XSD

from stadtkern.catalogue.dcat import checks, describe, negotiation, terms, writers
from stadtkern.catalogue.dcat.places import Addresses
from stadtkern.catalogue.entities import Dataset
from tests.catalogue import records

# rdflib warns of itself when it reads JSON-LD.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

BASE = "https://daten.musterstadt.example"
ADDRESSES = Addresses(BASE)
PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}
SHAPES = Path(__file__).parent / "shapes"
DCATAP = rdflib.Namespace("http://data.europa.eu/r5r/")
DCATDE = rdflib.Namespace("http://dcat-ap.de/def/dcatde/")
_FOLDER = os.environ.get("STADTKERN_TEST_REFERENCE")


def _graph(ending: str, *about: Dataset) -> rdflib.Graph:
    resources = (each for dataset in about for each in describe.dataset(ADDRESSES, dataset))
    text = "".join(writers.document(writers.BY_ENDING[ending], resources))
    return rdflib.Graph().parse(data=text.encode(), format=PARSERS[ending])


@cache
def _all() -> rdflib.Graph:
    return _graph("ttl", *records.varied())


@pytest.mark.parametrize("ending", ["jsonld", "rdf", "nt"])
def test_all_formats_say_the_same(ending: str) -> None:
    """Statement by statement, whatever stands in titles and addresses."""
    assert set(_graph(ending, *records.varied())) == set(_all())
    assert len(_all()) > 150


@pytest.mark.parametrize("ending", list(PARSERS))
def test_a_nasty_title_arrives_as_it_was(ending: str) -> None:
    """Quotes, brackets, breaks, other scripts and line separators."""
    about = records.nasty()
    graph = _graph(ending, about)
    subject = rdflib.URIRef(ADDRESSES.dataset(about.uuid).value)
    assert rdflib.Literal(records.NASTY, lang="de") in set(graph.objects(subject, DCTERMS.title))


@pytest.mark.parametrize("ending", list(PARSERS))
def test_every_sign_is_written_or_left_out(ending: str) -> None:
    """What XML cannot hold and halves of characters are left out in all formats, everything else arrives."""
    signs = [chr(number) for number in (*range(1, 0xA1), 0x2028, 0xD800, 0xFFFE, 0xFFFF, 0x1F333)]
    about = [records.record(number, title={"de": f"a{sign}b"}) for number, sign in enumerate(signs)]
    graph = _graph(ending, *about)
    for each, sign in zip(about, signs, strict=True):
        title = graph.value(rdflib.URIRef(ADDRESSES.dataset(each.uuid).value), DCTERMS.title)
        kept = sign.isprintable() or sign in "\t\n\r\x85\xa0\u2028"
        assert str(title) == (f"a{sign}b" if kept else "ab"), repr(sign)


def test_addresses_that_are_none_are_not_exported() -> None:
    """Nothing that a browser would run, nothing that ends an IRI early."""
    graph = _all()
    for term in {term for triple in graph for term in triple if isinstance(term, rdflib.URIRef)}:
        assert not set(str(term)) & set(' <>"{}|\\^`\n')
        assert str(term).startswith(("http://", "https://", "mailto:", "tel:")), term
    assert terms.iri("https://a.example/ü?q=%zz%41") == terms.Iri("https://a.example/%C3%BC?q=%25zz%41")
    assert terms.iri("javascript:alert(1)") is None


def test_what_is_mandatory_is_there() -> None:
    """Title, description and publisher; access address and one licence; a name for the publisher."""
    graph = _graph("ttl", records.record(1), records.complete(), records.high_value())
    for dataset in graph.subjects(RDF.type, DCAT.Dataset):
        for name in (
            DCTERMS.title,
            DCTERMS.description,
            DCTERMS.publisher,
            DCTERMS.identifier,
            DCTERMS.modified,
        ):
            assert list(graph.objects(dataset, name)), name
    for form in graph.subjects(RDF.type, DCAT.Distribution):
        assert len(list(graph.objects(form, DCTERMS.license))) == 1
        assert len(list(graph.objects(form, DCAT.accessURL))) == 1


def test_dates_are_typed() -> None:
    """No shape notices a date that is only a text."""
    for name in (DCTERMS.issued, DCTERMS.modified, DCAT.startDate, DCAT.endDate):
        for value in _all().objects(None, name):
            assert isinstance(value, rdflib.Literal)
            assert value.datatype == XSD.dateTime
            assert value.value is not None


def test_conventions_are_kept() -> None:
    """K35 names with BY, K39 downloads and interfaces, one Musterdatensatz, foreign identifiers."""
    complete, high = records.complete(), records.high_value()
    graph = _graph("nt", complete, high)
    subject = rdflib.URIRef(ADDRESSES.dataset(complete.uuid).value)
    assert [str(value) for value in graph.objects(subject, DCTERMS.references)] == [
        "https://musterdatenkatalog.de/def/musterdatensatz/verkehr/radzaehlung"
    ]
    assert str(graph.value(subject, DCTERMS.identifier)) == "https://alt.example/ds/1"
    names = {str(value) for value in graph.objects(None, DCATDE.licenseAttributionByText)}
    assert names == {"Stadt Musterstadt, Statistik", "Stadt Musterstadt"}
    served = next(graph.subjects(DCAT.accessService, None))
    assert graph.value(served, DCAT.downloadURL) is None
    assert str(graph.value(served, DCAT.accessURL)) == f"{BASE}/sta/v1.1"
    for form in graph.subjects(DCAT.downloadURL, None):
        assert graph.value(form, DCAT.downloadURL) == graph.value(form, DCAT.accessURL)


def test_high_value_datasets_name_the_law_everywhere() -> None:
    """Dataset, each form and the interface (Regulation (EU) 2023/138); other datasets do not."""
    graph = _graph("ttl", records.high_value())
    law = rdflib.URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")
    kinds = [DCAT.Dataset, DCAT.Distribution, DCAT.DataService]
    subjects = {subject for kind in kinds for subject in graph.subjects(RDF.type, kind)}
    assert len(subjects) == 4
    assert set(graph.subjects(DCATAP.applicableLegislation, law)) == subjects
    assert not set(_graph("ttl", records.record()).objects(None, DCATAP.applicableLegislation))


def test_what_lies_in_a_closed_room_says_so() -> None:
    """Access rights follow the room where nobody entered them."""
    internal = records.varied()[-1]
    rights = str(next(_graph("ttl", internal).objects(None, DCTERMS.accessRights)))
    assert rights.endswith("/access-right/NON_PUBLIC")


@pytest.mark.parametrize("name", ["dcat-ap-spec-german-additions.ttl", "dcat-ap-de-deprecated.ttl"])
def test_the_german_shapes_find_nothing(name: str) -> None:
    """Those of the official shapes that are CC0; the nasty record lacks a licence by design."""
    graph = _graph("ttl", *(about for about in records.varied() if about.id != records.nasty().id))
    found = _judged(graph, SHAPES / name)
    assert found == []


def test_the_shapes_can_find_something() -> None:
    """A judge that never objects proves nothing."""
    bare = msgspec.structs.replace(records.record(), distributions=(records.form(licence=""),))
    found = _judged(_graph("ttl", bare), SHAPES / "dcat-ap-spec-german-additions.ttl")
    assert any("dcterms:license" in message for message in found)


@pytest.mark.skipif(not _FOLDER, reason="STADTKERN_TEST_REFERENCE names no folder with the official shapes")
def test_the_official_shapes_of_the_lists_find_nothing() -> None:
    """With the entries of the lists as the shapes ask for them, each in the list its address begins with."""
    graph = _graph("ttl", *(about for about in records.varied() if about.id != records.nasty().id))
    in_scheme = rdflib.URIRef("http://www.w3.org/2004/02/skos/core#inScheme")
    bases = [f"{terms.EU}{name}" for name in ("data-theme", "language", "frequency", "access-right",
             "file-type", "planned-availability", "distribution-status")]  # fmt: skip
    bases += [
        "http://dcat-ap.de/def/licenses",
        "http://dcat-ap.de/def/contributors",
        terms.LEVELS.rstrip("/"),
    ]
    bases.append("http://purl.org/adms/publishertype")
    for term in {o for o in graph.objects() if isinstance(o, rdflib.URIRef)}:
        for base in bases:
            if str(term).startswith(base + "/"):
                scheme = base + "/1.0" if base.endswith("publishertype") else base
                graph.add((term, in_scheme, rdflib.URIRef(scheme)))
        if "checksumAlgorithm_" in str(term):
            graph.add((term, RDF.type, rdflib.URIRef(terms.expanded("spdx:ChecksumAlgorithm"))))
    shapes = Path(_FOLDER or "").rglob("dcat-ap-de-controlledvocabularies.ttl")
    assert _judged(graph, next(shapes)) == []


def _judged(graph: rdflib.Graph, shapes: Path) -> list[str]:
    import pyshacl

    given = rdflib.Graph().parse(shapes)
    _, report, _ = pyshacl.validate(graph, shacl_graph=given, do_owl_imports=False, allow_warnings=False)
    assert isinstance(report, rdflib.Graph)
    return sorted(str(value) for value in report.objects(None, rdflib.SH.resultMessage))


def test_our_own_checks_find_what_shapes_miss() -> None:
    """Dates, names with BY licences, exactly one licence, direct downloads, codes and addresses."""
    late = records.NOW.replace(year=2030)
    about = records.record(
        issued=late,
        modified=records.NOW,
        temporal_from=late,
        temporal_until=records.NOW,
        themes=("kein Thema",),
        same_as=("x",),
        hvd_categories=("c_b79e35eb",),
        distributions=(
            records.form(licence="", access_url="/andere"),
            records.form(2),
            records.form(3, licence="frei"),
        ),
    )
    found = {(each.field, each.rule) for each in checks.findings(about, now=records.NOW)}
    assert found >= {
        ("issued", "dates"),
        ("modified", "dates"),
        ("temporal_until", "dates"),
        ("themes", "vocabulary"),
        ("same_as", "IRI"),
        ("services", "HVD"),
        ("distributions/0/licence", "exactly one licence"),
        ("distributions/0/access_url", "K39"),
        ("distributions/1/attribution", "K35"),
        ("distributions/2/licence", "exactly one licence"),
    }
    wrong = [
        each
        for each in checks.findings(records.complete(), now=records.NOW)
        if each.field != "musterdatensaetze"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("accept", "ending"),
    [
        ("", "ttl"), ("*/*", "ttl"), ("text/turtle", "ttl"), ("application/rdf+xml", "rdf"),
        ("application/ld+json", "jsonld"),
        ("application/n-triples", "nt"), ("text/turtle;q=0.4, application/rdf+xml;q=0.9", "rdf"),
        ("image/png", "ttl"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("text/turtle, text/html;q=0.2", "ttl"),
        ("text/html;q=0, application/ld+json;q=x, application/n-triples;q=0.1", "nt"), (",,;=;", "ttl"),
    ],
)  # fmt: skip
def test_the_format_follows_what_is_accepted(accept: str, ending: str | None) -> None:
    """Browsers get the page, whoever will take anything gets Turtle."""
    form = negotiation.choose(accept)
    assert (form.ending if form else None) == ending


def test_the_context_is_no_address_to_fetch() -> None:
    """JSON-LD brings its context along."""
    text = "".join(
        writers.document(writers.BY_ENDING["jsonld"], describe.dataset(ADDRESSES, records.record()))
    )
    assert json.loads(text)["@context"]["dcat"] == "http://www.w3.org/ns/dcat#"
