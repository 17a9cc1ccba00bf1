# SPDX-License-Identifier: EUPL-1.2
"""Tells the story in `story.toml`, with the series and tables of the demo put into it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import msgspec

from stadtkern.city.demo import sets
from stadtkern.core import datasets
from stadtkern.core.database import Connection
from stadtkern.ingest.imports.entities import Entities
from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.demo import table
from stadtkern.insights.stories import operations
from stadtkern.insights.stories.entities import Block, Told

_STREAM = re.compile(r"\{stream-([a-z0-9-]+)\}")


async def tell(connection: Connection) -> None:
    """Make the story and show it to everybody; nobody has written it."""
    text = (resources.files(__package__) / "story.toml").read_text(encoding="utf-8")
    told = tomllib.loads(await _named(connection, text))
    story = Told(
        title=told["title"], summary=told["summary"], blocks=tuple(_block(each) for each in told["block"])
    )
    number = await operations.begin(connection, by=None, told=story)
    await operations.publish(connection, by=None, id=number, number=1)


async def _named(connection: Connection, text: str) -> str:
    """The text with numbers of series and keys of tables."""
    dataset = await datasets.find(connection, key=sets.BICYCLES.key)
    known = Entities(connection, dataset_id=dataset.id)
    numbers = {key: await known.find_datastream(key=key) for key in _STREAM.findall(text)}
    found = _STREAM.sub(lambda match: str(numbers[match[1]]), text)
    return found.replace("{table}", table.KEY).replace("{months}", table.MONTHS)


def _block(told: Mapping[str, Any]) -> Block:
    texts = {code: text.strip() for code, text in told.get("text", {}).items()}
    tile = msgspec.convert({"key": "kachel", **told["tile"]}, Definition) if "tile" in told else None
    return Block(kind=told["kind"], text=texts, source=told.get("source", ""), tile=tile)
