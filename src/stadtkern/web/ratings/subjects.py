# SPDX-License-Identifier: EUPL-1.2
"""Pages that can be rated: those of datasets, places and stories, as far as whoever asks may see them."""

from __future__ import annotations

import re

import msgspec
from django.utils.translation import gettext

from stadtkern.catalogue import queries as catalogue
from stadtkern.insights import streams
from stadtkern.insights.stories import queries as stories
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_PATH = re.compile(r"/(daten|dinge|datenfenster)/([A-Za-z0-9_-]{1,200})")
_LARGEST_ID = 2**63 - 1


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A page: its address without language, its title, what kind of page it is, the dataset it shows."""

    path: str
    title: str
    kind: str
    dataset_id: int | None = None


async def find(visit: Visit, path: str) -> Subject | None:
    """The page at an address, None where it is none of these or not there for whoever asks."""
    named = _PATH.fullmatch(path)
    if named is None:
        return None
    what, key = named.groups()
    if what == "daten":
        return await _dataset(visit, path, key)
    if what == "dinge":
        return await _thing(visit, path, key)
    told = await stories.one_public(visit.connection, key=key)
    if told is None:
        return None
    return Subject(path=path, title=formats.words(told.told.title), kind=gettext("Daten-Fenster"))


async def _dataset(visit: Visit, path: str, key: str) -> Subject | None:
    found = await catalogue.one(visit.connection, visit.scope, key=key)
    if found is None:
        return None
    title = formats.words(found.title) or found.key
    return Subject(path=path, title=title, kind=gettext("Datensatz"), dataset_id=found.id)


async def _thing(visit: Visit, path: str, key: str) -> Subject | None:
    if not (key.isdecimal() and key.isascii() and len(key) < 20 and int(key) <= _LARGEST_ID):
        return None
    found = await streams.site(visit, thing_id=int(key))
    if found is None:
        return None
    site, dataset = found
    return Subject(path=path, title=site.name, kind=gettext("Messort"), dataset_id=dataset.id)
