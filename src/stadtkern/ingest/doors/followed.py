# SPDX-License-Identifier: EUPL-1.2
"""Which topics with options, and of properties, somebody follows at a broker in front, as its log tells."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable

import structlog

from stadtkern.core import problems
from stadtkern.things.topics import topic as topics
from stadtkern.things.topics.topic import Topic

log = structlog.get_logger(__name__)

MOST = 1_000


class Followed:
    """Topics that are not published anyway; the oldest fall out, and the broker remembers the list for us."""

    def __init__(self, *, prefix: str):
        self._prefix = prefix
        self._topics: OrderedDict[str, Topic] = OrderedDict()

    def topics(self) -> Iterable[Topic]:
        """All of them."""
        return list(self._topics.values())

    def heard(self, source: str, payload: bytes) -> bool:
        """Take in a line of the broker's log, or the list from before; whether there is a new one."""
        if not source.startswith("$SYS/"):
            known = json.loads(payload or b"[]")
            for text in known:
                self._add(str(text))
            return False
        # "1763733600: client 1 v1.1/Things(1)/name"; names of clients and topics may contain spaces
        _, found, text = payload.decode(errors="replace").partition(f" {self._prefix}/")
        return bool(found) and self._add(f"{self._prefix}/{text}")

    def forget(self, texts: Iterable[str]) -> None:
        """These are too dear; whoever subscribes to one of them again tries it again."""
        for text in texts:
            if self._topics.pop(text, None) is not None:
                log.warning("a topic is not answered any more, since it is too dear", topic=text[:200])

    def remembered(self) -> bytes:
        """The list as it is kept."""
        return json.dumps(list(self._topics)).encode()

    def _add(self, text: str) -> bool:
        if text in self._topics:
            self._topics.move_to_end(text)
            return False
        try:
            topic = topics.parse(text, prefix=self._prefix)
        except problems.Problem:
            return False  # wildcards, or nothing that we could ever publish
        steps = topic.resource.steps
        plain = not topic.options.given and topic.kind != "property"
        stream = len(steps) == 2 and topic.of_observations and steps[0].entity.table == "things.datastream"
        if plain and (len(steps) == 1 or stream):
            return False  # published for everybody
        self._topics[text] = topic
        while len(self._topics) > MOST:
            self._topics.popitem(last=False)
        return True
