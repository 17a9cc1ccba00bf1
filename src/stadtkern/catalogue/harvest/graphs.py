# SPDX-License-Identifier: EUPL-1.2
"""Reads a page of a DCAT catalogue in a process of its own, bounded in memory and time, without network.

`python -m stadtkern.catalogue.harvest.graphs <format> <address>` takes the document, gives JSON.
"""

from __future__ import annotations

import contextlib
import re
import sys
import warnings
from typing import Any

import msgspec

from stadtkern.catalogue.dcat import terms
from stadtkern.catalogue.harvest import mapping
from stadtkern.catalogue.harvest.entities import Found, Page

FORMATS = {"turtle": "turtle", "xml": "xml", "json-ld": "json-ld", "nt": "nt"}
_SECONDS = 60
_MEMORY = 1_500_000_000
_NEXT = ("next", "nextPage")


class Unreadable(Exception):
    """The document is not what it says it is."""


def confine() -> None:
    """From now on: no connection, no file to write, bounded memory and computing time."""
    with contextlib.suppress(ImportError):  # only Unix bounds a process so
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:  # noqa: ARG001
    if event in ("socket.connect", "socket.getaddrinfo", "urllib.Request", "subprocess.Popen", "os.system"):
        raise Unreadable("the document refers to another one, which is not fetched")


def read(body: bytes, *, form: str, address: str) -> Page:
    """All datasets of a document. Raises Unreadable."""
    graph = _graph(body, form=form, address=address)
    dcat = terms.NAMESPACES["dcat"]
    page = Page(further=_further(graph))
    kinds = [mapping.uri(f"{dcat}Dataset"), mapping.uri(f"{dcat}DatasetSeries")]
    subjects = {subject for kind in kinds for subject in graph.subjects(mapping.uri(mapping.RDF_TYPE), kind)}
    for subject in sorted(subjects, key=str):
        found = mapping.dataset(graph, subject)
        if isinstance(found, Found):
            page.found.append(found)
        else:
            page.refused.append((str(subject)[:500], found))
    return page


def _graph(body: bytes, *, form: str, address: str) -> Any:
    import rdflib

    if form == "xml":
        _no_entities(body)
    graph = rdflib.Graph()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph.parse(data=body, format=FORMATS[form], publicID=address)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable(f"it cannot be read as {form}: {str(error)[:300]}") from error
    return graph


def _no_entities(body: bytes) -> None:
    """XML that defines entities of its own is not read: they can be a bomb, or lead to files."""
    from xml.sax.handler import ContentHandler

    import defusedxml
    from defusedxml import sax

    try:
        sax.parseString(body, ContentHandler())
    except defusedxml.DefusedXmlException as error:
        raise Unreadable("it defines entities, which are not read") from error
    except Exception as error:
        raise Unreadable(f"it is not well-formed XML: {str(error)[:300]}") from error


def _further(graph: Any) -> str:
    """The next page by Hydra's present or older words, only where the document is a page."""
    for name in _NEXT:
        for value in graph.objects(None, mapping.uri(terms.NAMESPACES["hydra"] + name)):
            return str(value) if re.match("https?://", str(value)) else ""
    return ""


def main() -> int:
    """Read the document at standard input; the page or what is wrong goes to standard output."""
    body = sys.stdin.buffer.read()
    import rdflib.plugins.parsers.jsonld
    import rdflib.plugins.parsers.notation3
    import rdflib.plugins.parsers.rdfxml  # noqa: F401  (what is confined may still load modules, but slowly)

    confine()
    try:
        answer = msgspec.json.encode(read(body, form=sys.argv[1], address=sys.argv[2]))
    except (Unreadable, RecursionError) as error:
        answer = msgspec.json.encode({"wrong": str(error)[:1000]})
    except MemoryError:
        answer = msgspec.json.encode({"wrong": "it takes too much memory"})
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
