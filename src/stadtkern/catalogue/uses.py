# SPDX-License-Identifier: EUPL-1.2
"""Where a dataset is used: packages above the catalogue say what of theirs shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from django.http import HttpRequest

from stadtkern.ui.visit import Visit


class Use(msgspec.Struct, frozen=True):
    """Something that shows data of a dataset: what it is, in a word; how it is called; where it is."""

    kind: Any
    title: str
    url: str


# Of a dataset that whoever asks may see, what they may see too.
Find = Callable[[HttpRequest, Visit, int], Awaitable[Sequence[Use]]]
_finders: dict[str, Find] = {}


def register(name: str, find: Find) -> None:
    """Have a package asked too; called in `AppConfig.ready`. A second call for a name replaces."""
    _finders[name] = find


async def of_dataset(request: HttpRequest, visit: Visit, *, dataset_id: int) -> list[Use]:
    """Everything that shows data of the dataset, as far as whoever asks may see it."""
    return [use for find in _finders.values() for use in await find(request, visit, dataset_id)]
