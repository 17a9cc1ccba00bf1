# SPDX-License-Identifier: EUPL-1.2
"""New and changed datasets as an Atom feed (RFC 4287), and all public ones as a sitemap (sitemaps.org)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext

from stadtkern.catalogue import addresses
from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.entities import Dataset, text_of
from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment

PART = 10_000
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
# What XML 1.0 does not allow at all (2.2).
_FORBIDDEN = {number: None for number in range(32) if number not in (9, 10, 13)} | {
    0xFFFE: None,
    0xFFFF: None,
}


def atom(datasets: Sequence[Dataset], *, city: str, query: str, now: datetime) -> str:
    """A feed of these datasets; its address tells it from feeds of other searches."""
    own = addresses.absolute("/daten.atom") + (f"?{query}" if query else "")
    page = addresses.absolute("/daten") + (f"?{query}" if query else "")
    updated = max((dataset.moved for dataset in datasets), default=now)
    title = gettext("Neue und geänderte Daten – %(city)s") % {"city": city}
    lines = [
        _HEAD + '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{_text(own)}</id><title>{_text(title)}</title><updated>{updated.isoformat()}</updated>",
        f'<link rel="self" type="application/atom+xml" href={_attribute(own)}/>',
        f"<link href={_attribute(page)}/>",
        f"<author><name>{_text(city)}</name></author>",
        *(_entry(dataset) for dataset in datasets),
        "</feed>\n",
    ]
    return "\n".join(lines)


def _entry(dataset: Dataset) -> str:
    address = addresses.absolute(f"/daten/{dataset.key}")
    title = wording.said(dataset.title) or dataset.key
    return "".join([
        f"<entry><id>urn:uuid:{dataset.uuid}</id><title>{_text(title)}</title>",
        f"<link href={_attribute(address)}/><updated>{dataset.moved.isoformat()}</updated>",
        f"<published>{dataset.issued.isoformat()}</published>" if dataset.issued else "",
        f"<author><name>{_text(text_of(dataset.organisation.name))}</name></author>",
        "".join(f"<category term={_attribute(code)}/>" for code in dataset.themes),
        f"<summary>{_text(wording.said(dataset.description)[:1000])}</summary></entry>",
    ])  # fmt: skip


async def sitemap_index(connection: Connection, scope: Scope) -> str:
    """The parts of the sitemap."""
    text, params = Fragment(statements.load("catalogue")["sitemap_parts"] + " ") + scope.on("e.dataset_id")
    row = await (await connection.execute(text, params)).fetchone()
    parts = range(1, max(1, -(-(row[0] if row else 0) // PART)) + 1)
    lines = [f"<sitemap><loc>{_text(addresses.absolute(f'/sitemap-{n}.xml'))}</loc></sitemap>" for n in parts]
    return "\n".join([f'{_HEAD}<sitemapindex xmlns="{_SITEMAPS}">', *lines, "</sitemapindex>\n"])


async def sitemap(connection: Connection, scope: Scope, *, part: int) -> str | None:
    """One part, or None where there is no such part; the first also names the lists themselves."""
    text, params = (
        Fragment(statements.load("catalogue")["sitemap_part"] + " ")
        + scope.on("e.dataset_id")
        + Fragment(" ORDER BY e.dataset_id LIMIT %s OFFSET %s", (PART, (part - 1) * PART))
    )
    rows: list[Any] = await (await connection.execute(text, params)).fetchall()
    if not rows and part > 1:
        return None
    lists = ["/", "/daten", "/dinge", "/karte"] if part == 1 else []
    lines = [f"<url><loc>{_text(addresses.absolute(path))}</loc></url>" for path in lists]
    lines += [
        f"<url><loc>{_text(addresses.absolute(f'/daten/{key}'))}</loc><lastmod>{moved.isoformat()}</lastmod></url>"
        for key, moved in rows
    ]
    return "\n".join([f'{_HEAD}<urlset xmlns="{_SITEMAPS}">', *lines, "</urlset>\n"])


def _text(text: str) -> str:
    return escape(text.translate(_FORBIDDEN))


def _attribute(text: str) -> str:
    return quoteattr(text.translate(_FORBIDDEN))
