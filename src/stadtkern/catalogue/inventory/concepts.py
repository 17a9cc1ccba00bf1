# SPDX-License-Identifier: EUPL-1.2
"""The Musterdatenkatalog: what cities like ours hold, and how far we are with each of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby

import msgspec
from django.utils import translation
from django.utils.translation import gettext_lazy

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.inventory import queries
from stadtkern.catalogue.inventory.permissions import Reach
from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.ui import formats

STANDINGS = {
    "published": gettext_lazy("im Katalog"),
    "recorded": gettext_lazy("im Inventar"),
    "missing": gettext_lazy("fehlt"),
}


class Concept(vocabularies.Concept, frozen=True):
    """One model dataset, e.g. `verkehr/radzaehlung`, as pages name it."""

    @property
    def label(self) -> str:
        """Theme and name, as the Musterdatenkatalog writes it."""
        return f"{self.theme} – {self.name}"

    @property
    def english(self) -> str:
        """The English name where the page is English."""
        return self.en if (translation.get_language() or "").startswith("en") else ""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A concept with what we have of it."""

    concept: Concept
    published: Sequence[tuple[str, str]]
    entries: int
    entry_id: int | None

    @property
    def standing(self) -> str:
        """`published`, `recorded` or `missing`."""
        return "published" if self.published else "recorded" if self.entries else "missing"

    @property
    def words(self) -> str:
        """The standing on the page."""
        return str(STANDINGS[self.standing])


class Theme(msgspec.Struct, frozen=True):
    """The concepts of one theme."""

    title: str
    gaps: Sequence[Gap]


@cache
def everything() -> tuple[Concept, ...]:
    """All concepts in the order of the Musterdatenkatalog."""
    return tuple(Concept(*msgspec.structs.astuple(each)) for each in vocabularies.concepts().values())


@cache
def by_slug() -> Mapping[str, Concept]:
    """The same by slug."""
    return {concept.slug: concept for concept in everything()}


def labels() -> Mapping[str, str]:
    """What people may write for a concept, in lower case, to its slug."""
    found = {concept.slug.lower(): concept.slug for concept in everything()}
    for concept in everything():
        found[concept.label.lower()] = found[concept.label.lower().replace(" – ", " - ")] = concept.slug
    return found


async def gaps(connection: Connection, scope: Scope, reach: Reach) -> list[Gap]:
    """Each concept with the published datasets and the entries that one may see."""
    recorded = await queries.concepts(connection, reach)
    text, params = (
        Fragment(statements.load("catalogue")["inventory_published_concepts"] + " ")
        + scope.on("c.dataset_id")
        + Fragment(" ORDER BY d.key")
    )
    published: dict[str, list[tuple[str, str]]] = {}
    for slug, key, title in await (await connection.execute(text, params)).fetchall():
        published.setdefault(slug, []).append((key, formats.words(title) or key))
    found = []
    for concept in everything():
        entries, first = recorded.get(concept.slug, (0, None))
        found.append(
            Gap(
                concept=concept,
                published=published.get(concept.slug, ()),
                entries=entries,
                entry_id=first,
            )
        )
    return found


def themed(found: Sequence[Gap], *, standing: str = "") -> list[Theme]:
    """By theme; with a standing, only those that stand so."""
    kept = [gap for gap in found if not standing or gap.standing == standing]
    return [Theme(title, list(group)) for title, group in groupby(kept, key=lambda gap: gap.concept.theme)]
