# SPDX-License-Identifier: EUPL-1.2
"""The sources stand on pages of their own however many datasets there are, and the front page stays short."""

from __future__ import annotations

import re

import pytest
from django.test import AsyncClient

from stadtkern.core import database as core_database
from stadtkern.core import datasets
from tests.insights import factories

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def many(database: str, town: factories.Town) -> None:
    """Sixty datasets with a series each, and one that has none."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for number in range(61):
            key = f"reihe-{number:02}"
            dataset = await datasets.save(
                connection, key=key, room="public", about={**factories.ABOUT, "title": {"de": key}}
            )
            if number < 60:
                made = factories.Town(connection, dataset_id=dataset, now=town.now)
                thing = await made.thing(f"Zähler {number}", kind="bicycle_counter", point=None)
                await made.stream(
                    thing, name="Räder", observes="Räder", definition=factories.BICYCLES,
                    symbol="Räder/h", kind="count", rows=iter(()),
                )  # fmt: skip


def listed(page: str) -> list[str]:
    """The keys of the sources on a page."""
    return re.findall(r'<li class="sk-card" id="([^"]+)"', page)


@pytest.mark.usefixtures("many")
async def test_sources_go_on_from_page_to_page(visitor: AsyncClient) -> None:
    """Each dataset that has series stands on exactly one page; an address leads to one among them."""
    first = (await visitor.get("/quellen")).content.decode()
    following = re.search(r'rel="next" href="(\?ab=[^"]+)"', first)
    assert following is not None
    second = (await visitor.get(f"/quellen{following[1]}")).content.decode()
    assert 'rel="next"' not in second
    keys = listed(first) + listed(second)
    assert keys == sorted(set(keys))
    assert {f"reihe-{number:02}" for number in range(60)} < set(keys)
    assert "reihe-60" not in keys
    assert listed((await visitor.get("/quellen?ab=reihe-58")).content.decode()) == ["reihe-58", "reihe-59"]
    assert (await visitor.get("/quellen?ab=%00zz")).status_code == 200


@pytest.mark.usefixtures("many")
async def test_the_front_page_names_a_few_datasets(visitor: AsyncClient) -> None:
    """Each with a link to its source."""
    page = (await visitor.get("/")).content.decode()
    links = re.findall(r'href="/quellen\?ab=([^"#]+)#([^"]+)"', page)
    assert len(links) == 8
    assert all(key == place for key, place in links)
