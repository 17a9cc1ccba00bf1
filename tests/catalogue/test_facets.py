# SPDX-License-Identifier: EUPL-1.2
"""Counts of facets are what one gets who counts datasets one by one, for everybody and after every change."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from stadtkern.catalogue import operations
from stadtkern.catalogue.search import counting, find, question
from stadtkern.core import access
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import people

pytestmark = pytest.mark.anyio
_DATASETS = 30
_THEMES, _FORMATS, _KINDS = ("ENVI", "TRAN", "ECON"), ("CSV", "JSON", "PDF"), ("table", "features", "link")
_BECOMES_FILES = "UPDATE catalogue.dataset SET kind = 'files' WHERE dataset_id = ANY (%s)"
_MOVES = """
    UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = %s), organisation_id = %s
    WHERE id = %s
    """
_FACETS = """
    SELECT e.dataset_id, e.words, catalogue.facets_of(e.dataset_id) FROM catalogue.entry AS e ORDER BY 1
    """


@pytest.fixture(scope="module")
async def made(database: str) -> list[int]:
    """Datasets of all sorts."""
    dice = random.Random(7)
    ids = []
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for number in range(_DATASETS):
            dataset = await operations.create(
                connection, by=None, kind=dice.choice(_KINDS), state="published",
                title={"de": f"{dice.choice(('Baum', 'Schule'))} {number}"},
                themes=tuple(dice.sample(_THEMES, dice.randint(0, 2))),
            )  # fmt: skip
            for form in dice.sample(_FORMATS, dice.randint(0, 2)):
                await _form(connection, dataset.id, form)
            ids.append(dataset.id)
    return ids


async def _form(connection: Connection, dataset_id: int, form: str) -> None:
    await operations.add_distribution(
        connection, by=None, dataset_id=dataset_id, access_url="https://stadt.example/x",
        format=form, licence="http://dcat-ap.de/def/licenses/dl-zero-de/2.0",
    )  # fmt: skip


async def _agree(connection: Connection, scope: access.Scope, dice: random.Random) -> None:
    """Compare with what a loop over all datasets counts, for questions by chance."""
    rows = await (await connection.execute(_FACETS)).fetchall()
    for _ in range(6):
        asked = {
            name: value
            for name, value in (
                ("q", dice.choice(("", "", "baum"))),
                ("thema", dice.choice(("", *_THEMES))),
                ("format", dice.choice(("", "", *_FORMATS))),
                ("art", dice.choice(("", "", "", *_KINDS))),
            )
            if value
        }
        wanted = {f"{facet}:{value}" for facet, value in question.read(asked).facets}
        seen = [set(names) for id_, words, names in rows if scope.allows(id_) and asked.get("q", "") in words]
        expected: Counter[str] = Counter()
        for names in seen:
            lacking = wanted - names
            prefix = "" if not lacking else next(iter(lacking)).partition(":")[0] + ":"
            if len(lacking) < 2:
                expected.update(name for name in names if name.startswith(prefix))
        found = (await find.search(connection, scope, question=question.read(asked), size=100)).counts
        told = {f"{facet}:{value}": n for facet, values in found.facets.items() for value, n in values}
        assert told == expected, asked
        assert found.total == sum(wanted <= names for names in seen), asked


async def _all_agree(connection: Connection, made: list[int], dice: random.Random) -> None:
    some = tuple(dice.sample(made, 12))
    for scope in (access.Scope((), True), access.Scope(some, True), access.Scope(some, False)):
        await _agree(connection, scope, dice)


async def test_counts_are_right_after_every_change(connection: Connection, made: list[int]) -> None:
    """For those who see all, all but some, and some; after changes, withdrawals, deletions, gathering."""
    dice = random.Random(11)
    await _all_agree(connection, made, dice)
    await operations.change(connection, by=None, dataset_id=made[0], themes=("ENVI", "ECON"))
    await operations.withdraw(connection, by=None, dataset_id=made[1])
    await _form(connection, made[2], "PDF")
    await connection.execute("DELETE FROM catalogue.distribution WHERE dataset_id = %s", [made[3]])
    await _all_agree(connection, made, dice)
    await connection.execute(
        "UPDATE catalogue.dataset SET kind = 'files' WHERE dataset_id = ANY (%s)", [made[4:9]]
    )
    await connection.execute("DELETE FROM catalogue.dataset WHERE dataset_id = ANY (%s)", [made[9:12]])
    await _all_agree(connection, made, dice)
    assert not await counting.upkeep(connection)
    await _all_agree(connection, made, dice)
    rows = "SELECT count(*), count(DISTINCT combination_id), min(n) FROM catalogue.combination_size"
    sizes = await (await connection.execute(rows)).fetchone()
    assert sizes is not None
    assert sizes[0] == sizes[1]
    assert sizes[2] > 0


async def test_what_a_transaction_takes_back_was_never_counted(
    connection: Connection, made: list[int]
) -> None:
    """A change that fails leaves the counts as they were."""
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            await connection.execute("UPDATE catalogue.dataset SET kind = 'series'")
            raise ZeroDivisionError
    await _all_agree(connection, made, random.Random(13))


async def test_who_writes_waits_for_nobody(database: str, connection: Connection, made: list[int]) -> None:
    """Another transaction that is under way holds up neither a new dataset nor the gathering of sizes."""
    async with await core_database.connect(url=database) as other:
        await other.execute(_BECOMES_FILES, [[made[20]]])
        await connection.execute("SET lock_timeout = '5s'")
        await operations.change(connection, by=None, dataset_id=made[21], themes=("TRAN",))
        await counting.upkeep(connection)
        await other.commit()
    await _all_agree(connection, made, random.Random(17))
    assert not await counting.upkeep(connection)


async def test_what_was_written_past_the_triggers_is_mended(connection: Connection, made: list[int]) -> None:
    """Sizes that are wrong are noticed once a minute."""
    await connection.execute("UPDATE catalogue.combination_size SET n = n + 3")
    assert await counting.upkeep(connection)
    await connection.execute("UPDATE catalogue.version SET version = version + 1")
    await _all_agree(connection, made, random.Random(19))


async def test_what_becomes_hidden_leaves_the_counts(
    database: str, connection: Connection, made: list[int]
) -> None:
    """A visitor's counts lose what is moved into another room or withdrawn, at once, and get it back."""
    office = await people.organisation(connection)
    dice = random.Random(23)
    async with core_database.pool(url=database) as pool, access.Gate(pool=pool) as gate:

        async def total() -> int:
            scope = await gate.scope(connection, access.ANONYMOUS)
            await _agree(connection, scope, dice)
            return (await find.search(connection, scope, question=question.Question())).counts.total

        before = await total()
        await connection.execute(_MOVES, ["internal", office, made[25]])
        assert await total() == before - 1
        await operations.withdraw(connection, by=None, dataset_id=made[26])
        assert await total() == before - 2
        await connection.execute(_MOVES, ["public", office, made[25]])
        assert await total() == before - 1
