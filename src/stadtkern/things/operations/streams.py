# SPDX-License-Identifier: EUPL-1.2
"""What the door must know of a datastream before it takes an observation, kept until something changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from psycopg_pool import AsyncConnectionPool

from stadtkern.core import listening, problems, statements
from stadtkern.core.access import Gate, Principal
from stadtkern.core.database import Connection
from stadtkern.things import news
from stadtkern.things.store.batch import NONE, Integers

CHANNEL = "things_changed"
_KEPT = 200_000
_AT_ONCE = 2_000
_FEW = 4
_LISTS = 64  # of datastreams that were asked for together
_PARTICULAR = frozenset({"OM_CountObservation", "OM_TruthObservation", "OM_CategoryObservation"})
_NOT_GEOJSON = "the Location of its Thing is not GeoJSON"
_NOWHERE = "its Thing has no Location to make one of"


class StreamElsewhere(problems.Problem):
    """These datastreams do not belong to the dataset.

    Name datastreams of each dataset that is named, and of no other.
    """

    status = 422


class Facts(NamedTuple):
    """A datastream's dataset, the kind of its results, and where its observations are made by default.

    `components` are the types of the values in a MultiDatastream's results, None for a Datastream.
    `unplaced` says why an Observation must name its feature; empty where it need not.
    """

    dataset_id: int
    observation_type: str
    components: tuple[str, ...] | None
    location_id: int | None
    feature_id: int | None
    unplaced: str = ""

    @property
    def particular(self) -> bool:
        """Whether each row of a data array into a Datastream is to be looked at by itself."""
        nowhere = self.unplaced and self.feature_id is None
        return bool(nowhere) or self.components is not None or self.observation_type in _PARTICULAR


class Together(NamedTuple):
    """What is known of several datastreams: their datasets, and the feature of each by default, else NONE."""

    datasets: frozenset[int]
    features: Integers
    particular: bool


async def facts(connection: Connection, *, datastream_id: int) -> Facts | None:
    """Ask the database; None where there is no such datastream."""
    return (await facts_of(connection, ids=[datastream_id])).get(datastream_id)


async def facts_of(connection: Connection, *, ids: Sequence[int]) -> dict[int, Facts]:
    """The facts of those datastreams that exist."""
    cursor = await connection.execute(statements.load("things")["datastream_facts"], {"ids": list(ids)})
    return {row[0]: _facts(row[1:]) for row in await cursor.fetchall()}


async def by_dataset(
    connection: Connection, *, ids: Sequence[int], datasets: Sequence[int]
) -> dict[int, list[int]]:
    """Datastreams by their dataset; nothing where none are named. Raises StreamElsewhere.

    Each has to be of one of the datasets, and of each dataset there has to be one.
    """
    found: dict[int, list[int]] = {}
    for number, each in (await facts_of(connection, ids=ids)).items() if ids else ():
        found.setdefault(each.dataset_id, []).append(number)
    here = {number for dataset_id in datasets for number in found.get(dataset_id, ())}
    strange = sorted(set(ids) - here)
    if strange:
        raise StreamElsewhere(", ".join(map(str, strange)))
    if ids and (without := set(datasets) - found.keys()):
        raise StreamElsewhere(f"of {len(without)} of the datasets no datastream is named")
    return {dataset_id: sorted(found[dataset_id]) for dataset_id in datasets if ids}


def _facts(row: Sequence[Any]) -> Facts:
    kinds = None if row[2] is None else tuple(kind.rpartition("/")[2] for kind in row[2])
    unplaced = "" if row[3] is not None else _NOT_GEOJSON if row[5] else _NOWHERE
    return Facts(row[0], row[1].rpartition("/")[2], kinds, row[3], row[4], unplaced)


async def _make_features(connection: Connection, locations: Sequence[int]) -> None:
    """Make the features of locations that have none, and tell whoever follows features."""
    statement = statements.load("things")["make_default_features"]
    made = await (await connection.execute(statement, {"location_ids": list(locations)})).fetchall()
    await news.of_entities(connection, touched={"FeatureOfInterest": [row[0] for row in made]})


async def default_feature(connection: Connection, *, location_id: int) -> int:
    """The feature made from a location, made now if need be."""
    sql = statements.load("things")
    await _make_features(connection, [location_id])
    row = await (
        await connection.execute(sql["find_default_feature"], {"location_id": location_id})
    ).fetchone()
    return int(row[0]) if row else 0


def _lacks_feature(found: Facts) -> bool:
    return found.feature_id is None and found.location_id is not None


class Streams:
    """A cache of facts that a change of datastreams, locations or features empties."""

    def __init__(self, *, pool: AsyncConnectionPool[Connection]):
        self._pool = pool
        self._known: dict[int, Facts] = {}
        self._bare: dict[int, Facts] = {}  # of those whose default feature is not made yet
        self._together: dict[tuple[int, ...], Together] = {}
        self._features: set[tuple[int | None, int]] = set()
        self._rights = -1
        self._epoch = 0
        self._learning = asyncio.Lock()
        self._listener = listening.Listener(pool=pool, channel=CHANNEL, news=self._changed, lost=self.forget)

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    def together(self, ids: tuple[int, ...]) -> Together | None:
        """What is known of all of these, where it is at hand; nobody is asked.

        Clients send the same datastreams again and again, so the answer is kept.
        """
        if (kept := self._together.get(ids)) is not None:
            return kept
        found = [self._known.get(number) for number in ids]
        facts = [each for each in found if each is not None]
        if len(facts) < len(found):
            return None
        features = np.array(
            [NONE if each.feature_id is None else each.feature_id for each in facts], np.int64
        )
        datasets = frozenset(each.dataset_id for each in facts)
        if len(self._together) >= _LISTS:
            self._together.clear()
        self._together[ids] = Together(datasets, features, any(each.particular for each in facts))
        return self._together[ids]

    def at_hand(self, datastream_id: int) -> Facts | None:
        """The facts, where they are known; nobody is asked."""
        return self._known.get(datastream_id)

    async def find(self, datastream_id: int, *, named: bool = False) -> Facts | None:
        """The facts, with the default feature made if need be; None where there is no such datastream.

        `named`: the observation names its feature, so that none is made for it.
        """
        found = self._known.get(datastream_id)
        if found is None and named:
            found = self._bare.get(datastream_id)
        if found is not None:
            return found
        epoch = self._epoch
        async with self._pool.connection() as connection:
            found = await facts(connection, datastream_id=datastream_id)
            if named and found is not None and _lacks_feature(found):
                self._keep({datastream_id: found}, epoch, self._bare)
                return found
            if found is not None and _lacks_feature(found):
                feature = await default_feature(connection, location_id=found.location_id or 0)
                found = found._replace(feature_id=feature or None)
        if found is not None:
            self._keep({datastream_id: found}, epoch, self._known)
        return found

    async def learn(self, ids: Sequence[int]) -> None:
        """Ask for many datastreams at once, so that `find` knows them afterwards where it keeps anything.

        One asks at a time: who sends the same datastreams beside others finds them known then.
        """
        if sum(number not in self._known for number in ids) < _FEW:
            return
        async with self._learning:
            await self._learn(ids)

    async def _learn(self, ids: Sequence[int]) -> None:
        for begin in range(0, len(ids), _AT_ONCE):
            part = [number for number in ids[begin : begin + _AT_ONCE] if number not in self._known]
            if len(part) < _FEW:
                continue
            epoch = self._epoch
            async with self._pool.connection() as connection:
                found = await facts_of(connection, ids=part)
                if lacking := {each.location_id for each in found.values() if _lacks_feature(each)}:
                    await _make_features(connection, [number for number in lacking if number is not None])
                    found = await facts_of(connection, ids=part)
            # A location may have gone meanwhile: `find` looks again.
            placed = {number: each for number, each in found.items() if not _lacks_feature(each)}
            self._keep(placed, epoch, self._known)

    def _keep(self, found: Mapping[int, Facts], epoch: int, where: dict[int, Facts]) -> None:
        """Remember facts, unless something changed since they were asked for."""
        if self._listener.hearing and epoch == self._epoch and len(where) + len(found) <= _KEPT:
            where.update(found)

    async def may_refer(self, *, gate: Gate, principal: Principal, feature_id: int) -> bool:
        """Whether there is such a feature that the principal may see."""
        if gate.epoch != self._rights:  # what one might see when it was kept, one may not see now
            self._features.clear()
            self._rights = gate.epoch
        key = (principal.token_id, feature_id)
        if key in self._features:
            return True
        epoch = (self._epoch, gate.epoch)
        statement = statements.load("things")["dataset_of_feature"]
        async with self._pool.connection() as connection:
            scope = await gate.scope(connection, principal)
            row = await (await connection.execute(statement, {"feature_id": feature_id})).fetchone()
        allowed = row is not None and scope.allows(row[0])
        kept = self._listener.hearing and epoch == (self._epoch, gate.epoch)
        if allowed and kept and len(self._features) < _KEPT:
            self._features.add(key)
        return allowed

    def forget(self) -> None:
        """Empty the cache."""
        self._epoch += 1
        self._known.clear()
        self._bare.clear()
        self._together.clear()
        self._features.clear()

    async def _changed(self, connection: Connection, heard: Sequence[str]) -> None:  # noqa: ARG002
        """Something is different now; without a listener nothing is answered from the cache."""
        self.forget()
