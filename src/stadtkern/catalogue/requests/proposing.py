# SPDX-License-Identifier: EUPL-1.2
"""What may fulfil a request, by the words of its title: datasets and entries of the inventory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.inventory import queries as inventory
from stadtkern.catalogue.inventory.views import Desk
from stadtkern.catalogue.requests.entities import Request
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search import question as questions

# What a form offers: the value that is sent, and its name.
Offers = Sequence[tuple[str, str]]

_MOST = 5
# Shorter words hardly say what somebody looks for.
_SHORTEST, _MOST_WORDS, _EACH = 5, 6, 10


async def datasets(desk: Desk, *, asked: Request) -> Offers:
    """Keys and titles: the dataset that is named already, then those that share most words."""

    async def having(word: str) -> Offers:
        question = questions.read({"q": word})
        found = await find.search(desk.visit.connection, desk.visit.scope, question=question, size=_EACH)
        if found.roughly:
            return []
        return [(each.key, wording.said(each.title) or each.key) for each in found.datasets]

    return _first([asked.dataset] if asked.dataset else [], await _shared(asked.title, having))


async def entries(desk: Desk, *, asked: Request) -> Offers:
    """Numbers and titles of entries in the inventory, in the same order."""

    async def having(word: str) -> Offers:
        found = await inventory.entries(
            desk.visit.connection,
            desk.reach,
            asked=inventory.Asked(text=word),
            today=desk.today,
            limit=_EACH,
        )
        return [(str(each.id), each.facts.title) for each in found]

    named = []
    if asked.inventory_id is not None:
        one = await inventory.one(desk.visit.connection, desk.reach, id=asked.inventory_id)
        named = [(str(one.id), one.facts.title)] if one else []
    return _first(named, await _shared(asked.title, having))


async def _shared(title: str, having: Callable[[str], Awaitable[Offers]]) -> Offers:
    """What is found by at least one word of a title, most words first."""
    counted: Counter[tuple[str, str]] = Counter()
    for word in dict.fromkeys(re.findall(rf"\w{{{_SHORTEST},}}", title.casefold())[:_MOST_WORDS]):
        counted.update(await having(word))
    return [each for each, _ in counted.most_common()]


def _first(named: Offers, found: Offers) -> Offers:
    offers = dict(named)
    return list((offers | {value: name for value, name in found if value not in offers}).items())[:_MOST]
