# SPDX-License-Identifier: EUPL-1.2
"""Who asks at which door: everybody everywhere takes minutes, so each role asks at each kind of door.

The choice is the same on every day and machine. `STADTKERN_TEST_MATRIX=full` has everybody ask everywhere.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.governance.world import Somebody

EVERYBODY = os.environ.get("STADTKERN_TEST_MATRIX") == "full"
# Those without any right ask everywhere: what they learn, anybody can learn.
ALWAYS = ("anonymous", "token without scope")
_LEAST = 2
_END = re.compile(r"[?.(/]")


def kind(address: str) -> str:
    """Doors of one kind are kept by the same code: `daten`, `arbeit/import`, `sta`."""
    path = address.lstrip("/").removeprefix("en/")
    first, _, rest = path.partition("/")
    return f"arbeit/{_END.split(rest)[0]}" if first == "arbeit" and rest else _END.split(first)[0]


def at(addresses: Sequence[str], askers: Sequence[Somebody]) -> Iterator[tuple[str, list[Somebody]]]:
    """Each address with those who ask there.

    Within a kind of doors the askers take turns, so many at a time that all of them get there.
    """
    if EVERYBODY:
        yield from ((address, list(askers)) for address in addresses)
        return
    sizes: defaultdict[str, int] = defaultdict(int)
    for address in addresses:
        sizes[kind(address)] += 1
    turns: defaultdict[str, int] = defaultdict(int)
    for address in addresses:
        name = kind(address)
        number = max(_LEAST, -(-len(askers) // sizes[name]))
        # Not every kind begins with the first of them: the first doors of all kinds are much alike.
        begin = turns[name] + len(name)
        chosen = {askers[(begin + step) % len(askers)].name for step in range(number)}
        turns[name] += number
        yield address, [who for who in askers if who.name in chosen or who.name in ALWAYS]
