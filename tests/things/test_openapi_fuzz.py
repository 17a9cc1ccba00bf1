# SPDX-License-Identifier: EUPL-1.2
"""Whatever is asked of the service is answered, or refused with an explanation."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.things import entities
from tests.things import asking, judging
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio
_bounded = settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
async def tree(city: City) -> int:
    """A Thing with a place and two observations."""
    streams = [datastream(observations=hourly(1, 2))]
    return await city.create("Things", thing(Locations=[location()], Datastreams=streams))


@_bounded
@given(
    collection=st.sampled_from(sorted(entities.BY_SET)),
    option=st.sampled_from(["$filter", "$orderby"]),
    text=asking.mutated(asking.filters),
)
async def test_any_filter_and_any_order(
    city: City, tree: int, collection: str, option: str, text: str
) -> None:
    judging.check(await city.send("GET", f"{collection}?{option}={quote(text)}"))


@_bounded
@given(collection=st.sampled_from(sorted(entities.BY_SET)), text=asking.typed)
async def test_functions_with_any_arguments(city: City, tree: int, collection: str, text: str) -> None:
    judging.check(await city.send("GET", f"{collection}?$filter={quote(text)}"))
    judging.check(await city.send("GET", f"{collection}?$orderby={quote(text)}&$top=1"))


@_bounded
@given(text=asking.mutated(asking.expansions), collection=st.sampled_from(sorted(entities.BY_SET)))
async def test_any_expansion(city: City, tree: int, collection: str, text: str) -> None:
    judging.check(await city.send("GET", f"{collection}?$expand={quote(text)}"))


@_bounded
@given(path=asking.mutated(asking.addresses), query=asking.mutated(asking.queries))
async def test_any_address(city: City, tree: int, path: str, query: str) -> None:
    judging.check(await city.send("GET", f"{quote(path)}?{quote(query, safe='=&$')}"))
