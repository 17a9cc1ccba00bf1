# SPDX-License-Identifier: EUPL-1.2
"""Every function of the query language runs in the database, on properties and on constants."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from stadtkern.things.entities import Kind
from stadtkern.things.language.functions import FUNCTIONS, SPATIAL, Function
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio

ARGUMENTS = {
    Kind.TEXT: ["Datastream/name", "'a'", "Datastream/Thing/properties/x"],
    Kind.NUMBER: ["result", "2", "Datastream/Thing/properties/n"],
    Kind.INSTANT: ["resultTime", "phenomenonTime", "2024-05-01"],
    Kind.INTERVAL: ["phenomenonTime", "validTime", "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z"],
    Kind.DATE: ["date(phenomenonTime)"],
    Kind.TIME: ["12:30:00", "time(resultTime)"],
    Kind.BOOLEAN: ["true", "Datastream/Thing/properties/flag"],
    Kind.JSON: ["result", "Datastream/Thing/properties/list"],
    Kind.DURATION: ["duration'PT1H'", "(now() sub resultTime)"],
}
OPERATORS = ("add", "sub", "mul", "div", "mod")
FORMS = [(name, form) for name, forms in FUNCTIONS.items() for form in forms]


def written(name: str, arguments: tuple[str, ...]) -> str:
    if name == "neg":
        return f"(-{arguments[0]})"
    if name in OPERATORS:
        return f"({arguments[0]} {name} {arguments[1]})"
    return f"{name}({', '.join(arguments)})"


@pytest.mark.parametrize(
    ("name", "form"), FORMS, ids=[f"{name}-{len(f.takes)}-{f.takes[:1]}" for name, f in FORMS]
)
async def test_a_function_takes_what_it_says(city: City, name: str, form: Function) -> None:
    if not await city.values("Things"):
        await city.create(
            "Things",
            thing(
                Locations=[location()],
                properties={"n": 3},
                Datastreams=[datastream(observations=hourly(1, 2))],
            ),
        )
    for arguments in itertools.product(*(ARGUMENTS[kind] for kind in form.takes)):
        text = written(name, arguments)
        condition = text if form.gives is Kind.BOOLEAN else f"{text} eq {text} or {text} ne null"
        for question in (f"$filter={quote(condition)}", f"$orderby={quote(text)}&$top=1"):
            answer = await city.send("GET", f"Observations?{question}")
            fixed = question.startswith("$orderby") and answer.status_code == 400
            assert answer.status_code == 200 or fixed, (text, answer.text)
            if "@iot.nextLink" in answer.text and "now" not in text:
                assert (await city.send("GET", answer.json()["@iot.nextLink"])).status_code == 200, text


def test_every_function_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    for name in (*FUNCTIONS, *SPATIAL):
        assert name in OPERATORS or name == "neg" or re.search(rf"[ `]{re.escape(name)}[ `(]", page), name
