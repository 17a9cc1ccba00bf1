# SPDX-License-Identifier: EUPL-1.2
"""Other catalogues are taken in, keep their identities, and are let go with care."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import django
import msgspec
import pytest
from django.utils import translation

from stadtkern.catalogue.harvest import words
from stadtkern.core.database import Connection
from tests import browsing  # noqa: F401 - tells Django where its settings are
from tests.catalogue import harvesting, records
from tests.core import sources

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """The words as the pages of this city say them."""
    django.setup(set_prefix=False)
    with translation.override("de"):
        yield


@pytest.fixture
async def web() -> AsyncIterator[sources.Source]:
    """A web server of somebody else."""
    async with sources.running() as started:
        yield started


@pytest.mark.parametrize("ending", list(harvesting.KINDS))
async def test_a_catalogue_comes_in_as_it_went_out(
    connection: Connection, web: sources.Source, ending: str
) -> None:
    """In every format: what a dataset says survives the way through DCAT."""
    web.replies["/c"] = harvesting.document(
        [records.complete(), records.high_value(), records.nasty()], ending
    )
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.message, done.tally.created, done.tally.refused) == ("done", "", 3, 0)
    stored = await harvesting.stored(connection, source)
    original = records.complete()
    found = stored[harvesting.ELSEWHERE.dataset(original.uuid).value]
    for field in (
        "title", "description", "themes", "language", "frequency", "issued", "modified",
        "temporal_from", "temporal_until",
        "political_level", "municipality_key", "access_rights", "availability", "version",
        "version_notes", "identifier",
    ):  # fmt: skip
        expected = getattr(original, field)
        if field == "themes":
            expected = ("REGI", "TRAN")
        assert getattr(found, field) == expected, field
    assert set(found.keywords["de"]) == set(original.keywords["de"])
    assert found.contact.email == original.contact.email
    assert found.musterdatensaetze == original.musterdatensaetze[:1]
    form, sent = found.distributions[0], original.distributions[0]
    assert (form.licence, form.attribution, form.byte_size, form.format, form.media_type) == (
        sent.licence, sent.attribution, sent.byte_size, sent.format, sent.media_type,
    )  # fmt: skip
    assert (found.state, found.kind) == ("published", "link")
    assert found.same_as == (harvesting.ELSEWHERE.dataset(original.uuid).value, *original.same_as)
    nasty = stored[harvesting.ELSEWHERE.dataset(records.nasty().uuid).value]
    assert nasty.title["de"].split() == records.NASTY.split()
    assert stored[harvesting.ELSEWHERE.dataset(records.high_value().uuid).value].hvd_categories == (
        "c_b79e35eb",
    )


async def test_a_second_harvest_changes_what_changed(connection: Connection, web: sources.Source) -> None:
    """Datasets and forms keep their UUIDs and keys; a record that stayed the same is left alone."""
    one, two = records.record(11), records.record(12)
    web.replies["/c"] = harvesting.document([one, two])
    source = await harvesting.source_of(connection, f"{web.url}/c")
    await harvesting.harvest(connection, source)
    before = await harvesting.stored(connection, source)
    renamed = msgspec.structs.replace(
        one,
        title={"de": "Ganz anders"},
        distributions=(*one.distributions, records.form(99, access_url="/neu", download_url="")),
    )
    web.replies["/c"] = harvesting.document([renamed, two])
    done = await harvesting.harvest(connection, source)
    assert (done.tally.created, done.tally.changed, done.tally.found) == (0, 1, 2)
    after = await harvesting.stored(connection, source)
    name = harvesting.ELSEWHERE.dataset(one.uuid).value
    assert after[name].title == {"de": "Ganz anders"}
    assert (after[name].uuid, after[name].key) == (before[name].uuid, before[name].key)
    assert after[name].distributions[0].uuid == before[name].distributions[0].uuid
    assert len(after[name].distributions) == 2
    assert (
        after[harvesting.ELSEWHERE.dataset(two.uuid).value].changed_at
        == before[harvesting.ELSEWHERE.dataset(two.uuid).value].changed_at
    )


async def test_what_vanishes_is_withdrawn_after_days_of_grace(
    connection: Connection, web: sources.Source
) -> None:
    """Not at once, and not when too much vanishes; what comes back is published again."""
    about = [records.record(number) for number in range(20, 30)]
    web.replies["/c"] = harvesting.document(about)
    source = await harvesting.source_of(connection, f"{web.url}/c")
    await harvesting.harvest(connection, source)
    web.replies["/c"] = harvesting.document(about[1:])
    done = await harvesting.harvest(connection, source)
    assert (done.tally.missing, done.tally.withdrawn) == (1, 0)
    gone = harvesting.ELSEWHERE.dataset(about[0].uuid).value
    assert (await harvesting.stored(connection, source))[gone].state == "published"
    await connection.execute(
        "UPDATE catalogue.harvest_record SET missing_since = missing_since - interval '15 days'"
    )
    done = await harvesting.harvest(connection, source)
    assert (done.tally.missing, done.tally.withdrawn) == (1, 1)
    assert (await harvesting.stored(connection, source))[gone].state == "withdrawn"
    web.replies["/c"] = harvesting.document(about)
    assert (await harvesting.harvest(connection, source)).tally.changed == 1
    assert (await harvesting.stored(connection, source))[gone].state == "published"
    web.replies["/c"] = harvesting.document(about[:2])
    done = await harvesting.harvest(connection, source)
    assert "8 von 10 Datensätzen fehlen" in words.said(done.message)
    with translation.override("en"):
        assert "8 of 10 datasets are missing" in words.said(done.message)
    assert words.said("what an earlier version wrote") == "what an earlier version wrote"
    web.replies["/c"] = harvesting.document([])
    assert (await harvesting.harvest(connection, source)).message == "nothing_listed"
    assert {each.state for each in (await harvesting.stored(connection, source)).values()} == {"published"}


async def test_pages_are_followed_to_their_end(connection: Connection, web: sources.Source) -> None:
    """Each page once; of two records with one address the newer one wins."""
    old = records.record(40, modified=records.NOW.replace(year=2020), title={"de": "alt"})
    new = msgspec.structs.replace(old, modified=records.NOW, title={"de": "neu"})
    web.replies["/1"] = harvesting.document([new, records.record(41)], further=f"{web.url}/2")
    web.replies["/2"] = harvesting.document([old, records.record(42)], further=f"{web.url}/3")
    web.replies["/3"] = harvesting.document([records.record(43)])
    source = await harvesting.source_of(connection, f"{web.url}/1")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.pages, done.tally.created) == ("done", 3, 4)
    assert (await harvesting.stored(connection, source))[
        harvesting.ELSEWHERE.dataset(old.uuid).value
    ].title == {"de": "neu"}


async def test_what_comes_back_to_us_is_not_taken_again(connection: Connection, web: sources.Source) -> None:
    """Catalogues that harvest each other, or one that harvests itself, do not grow by it."""
    own = f"{harvesting.OWN}/catalog/datasets/1"
    returned = records.record(60, identifier=own), records.record(61, same_as=(own,)), records.record(62)
    web.replies["/c"] = harvesting.document(list(returned))
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.found, done.tally.created) == ("done", 3, 1)
