# SPDX-License-Identifier: EUPL-1.2
"""Read the topics that updates are followed by: addresses with `$select`, `$filter` and `$expand`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stadtkern.core import problems
from stadtkern.core.access import Scope
from stadtkern.things import entities
from stadtkern.things.entities import Relation
from stadtkern.things.language import options as query_options
from stadtkern.things.language import paths
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options
from stadtkern.things.queries import level
from stadtkern.things.queries.level import Level

MAX_LENGTH = 4_000
_FITTING = ("$select", "$filter", "$expand")


class InvalidTopic(problems.Problem):
    """This topic cannot be followed or written to.

    Name a collection, an entity or one of its properties, for example `v1.1/Datastreams(1)/Observations`.
    """


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody follows: the text as it was given, what it addresses, what of it is shown."""

    text: str
    resource: Resource
    options: Options
    kind: Literal["collection", "entity", "property"]

    @property
    def parent(self) -> Relation | None:
        """The relation from the one entity that a collection belongs to, where that is all of the path."""
        steps = self.resource.steps
        if len(steps) != 2 or self.kind != "collection":
            return None
        relation = steps[1].relation
        return relation if relation is not None and relation.remote else None

    @property
    def direct(self) -> bool:
        """Whether the topic names a collection, or an entity by its id, without a way that leads there."""
        return len(self.resource.steps) == 1

    @property
    def of_observations(self) -> bool:
        """Whether it is the observations of one entity: then there is a newest one."""
        steps = self.resource.steps
        return self.kind == "collection" and len(steps) > 1 and steps[-1].entity is entities.OBSERVATION

    @property
    def particular(self) -> bool:
        """Whether its statement is one of its own, to somebody's wishes: options, a long way, inner keys.

        Of the other shapes there are few, and none of them is dear.
        """
        near = self.direct or self.parent is not None
        return bool(self.options.given) or not near or len(self.resource.inside) > 1

    def shape(self) -> tuple[object, ...]:
        """What topics have in common that one statement can answer."""
        first = self.resource.steps[0].entity.name
        given = tuple(sorted(self.options.given.items()))
        if self.direct:
            return (self.kind, first, given, self.resource.inside)
        if self.parent is not None:
            return ("below", first, self.parent.name, given)
        return ("far", self.text)

    def level(self, scope: Scope) -> Level:
        """The statement's pieces for somebody who may see so much. Raises the language's problems."""
        return level.prepare(scope=scope, entity=self.resource.last.entity, options=self.options)


def parse(text: str, *, prefix: str) -> Topic:
    """Read a topic. Raises InvalidTopic and the problems of the query language."""
    path, _, query = below(text, prefix=prefix).partition("?")
    if "+" in path or "#" in path:
        raise InvalidTopic(
            "wildcards do not fit here; each topic is followed by its full name", where=text[:200]
        )
    resource = paths.parse(path)
    if resource.tail:
        raise InvalidTopic(f"{resource.tail} cannot be followed", where=text[:200])
    options = query_options.parse(query)
    unfit = next((name for name in options.given if name not in _FITTING), None)
    if unfit is not None:
        raise InvalidTopic(f"{unfit} does not fit a topic; {', '.join(_FITTING)} do", where=text[:200])
    if not resource.inside:
        kind: Literal["collection", "entity"] = "collection" if resource.last.many else "entity"
        return Topic(text, resource, options, kind)
    if options.given:
        raise InvalidTopic("a property is followed as it is, without options", where=text[:200])
    return Topic(text, resource, Options(select=(resource.inside[0],)), "property")


def below(text: str, *, prefix: str) -> str:
    """The part of a topic behind the service's prefix. Raises InvalidTopic."""
    if len(text) > MAX_LENGTH or "\x00" in text:
        raise InvalidTopic(f"a topic has at most {MAX_LENGTH} characters and no U+0000", where=text[:200])
    head = prefix.strip("/") + "/"
    if not text.startswith(head) or len(text) == len(head):
        raise InvalidTopic(f"topics begin with {head}", where=text[:200])
    return text[len(head) :]
