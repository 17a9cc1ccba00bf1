# SPDX-License-Identifier: EUPL-1.2
"""Counts, gauges and durations of a process, and their exposition as OpenMetrics text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

Labels = tuple[tuple[str, str], ...]

# Seconds; from a reading's commit on a fast disk to what a person gives up on.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Family(NamedTuple):
    """One metric with its samples: name suffix, labels, value. Travels between processes as JSON."""

    name: str
    kind: str
    about: str
    samples: list[tuple[str, list[tuple[str, str]], float]]


class Counter:
    """A number that only rises."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def add(self, amount: float = 1.0) -> None:
        """Count."""
        self.value += amount

    def samples(self, labels: Labels) -> list[tuple[str, list[tuple[str, str]], float]]:
        """What is exposed of it."""
        return [("_total", list(labels), self.value)]


class Gauge(Counter):
    """A number that rises and falls."""

    __slots__ = ()

    def set(self, value: float) -> None:
        """It is so much now."""
        self.value = value

    def samples(self, labels: Labels) -> list[tuple[str, list[tuple[str, str]], float]]:
        """What is exposed of it."""
        return [("", list(labels), self.value)]


class Histogram:
    """How many durations (seconds) fell below each bound."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum += seconds

    def samples(self, labels: Labels) -> list[tuple[str, list[tuple[str, str]], float]]:
        """What is exposed of it: numbers up to each bound, then sum and number of all."""
        found: list[tuple[str, list[tuple[str, str]], float]] = []
        total = 0
        for bound, count in zip((*SECONDS, float("inf")), self._counts, strict=True):
            total += count
            found.append(("_bucket", [*labels, ("le", number(bound))], float(total)))
        return [*found, ("_count", list(labels), float(total)), ("_sum", list(labels), self._sum)]


Kind = TypeVar("Kind", Counter, Gauge, Histogram)


class Metric(Generic[Kind]):
    """A metric with labels; `at(…)` gives, and keeps, the one with these values."""

    def __init__(self, kind: type[Kind], name: str, about: str, labels: Sequence[str]):
        self._kind: type[Kind] = kind
        self._name = name
        self._about = about
        self._labels = tuple(labels)
        self._known: dict[tuple[str, ...], Kind] = {}

    def at(self, *values: str) -> Kind:
        """The one with these values of the labels, in their order. Values come from our code."""
        found = self._known.get(values)
        if found is None:
            found = self._known[values] = self._kind()
        return found

    def family(self) -> Family:
        """Its samples now."""
        samples = [
            sample
            for values, each in sorted(self._known.items())
            for sample in each.samples(tuple(zip(self._labels, values, strict=True)))
        ]
        return Family(self._name, self._kind.__name__.lower(), self._about, samples)


class Registry:
    """All metrics of a process."""

    def __init__(self) -> None:
        self._metrics: list[Metric[Counter] | Metric[Gauge] | Metric[Histogram]] = []
        self._asked: list[Callable[[], Iterable[Family]]] = []

    def counter(self, name: str, about: str, *labels: str) -> Metric[Counter]:
        """A new counter; its name has no `_total`."""
        made = Metric(Counter, name, about, labels)
        self._metrics.append(made)
        return made

    def gauge(self, name: str, about: str, *labels: str) -> Metric[Gauge]:
        """A new gauge."""
        made = Metric(Gauge, name, about, labels)
        self._metrics.append(made)
        return made

    def histogram(self, name: str, about: str, *labels: str) -> Metric[Histogram]:
        """A new histogram of seconds."""
        made = Metric(Histogram, name, about, labels)
        self._metrics.append(made)
        return made

    def ask(self, source: Callable[[], Iterable[Family]]) -> None:
        """Ask this for more families at each collection."""
        self._asked.append(source)

    def collect(self) -> list[Family]:
        """All families now."""
        return [m.family() for m in self._metrics] + [f for source in self._asked for f in source()]


REGISTRY = Registry()


def gauge(name: str, about: str, value: float, **labels: str) -> Family:
    """A family of one sample."""
    return Family(name, "gauge", about, [("", list(labels.items()), value)])


def labelled(families: Iterable[Family], **more: str) -> list[Family]:
    """The same with a label on every sample."""
    return [
        family._replace(samples=[(end, [*more.items(), *labels], v) for end, labels, v in family.samples])
        for family in families
    ]


def exposition(families: Iterable[Family]) -> str:
    """OpenMetrics 1.0 text; samples of one family stand together, whichever process they are from."""
    together: dict[str, Family] = {}
    for family in families:
        known = together.get(family.name)
        together[family.name] = (
            family if known is None else known._replace(samples=[*known.samples, *family.samples])
        )
    lines = []
    for name, family in sorted(together.items()):
        lines += [f"# TYPE {name} {family.kind}", f"# HELP {name} {_escaped(family.about)}"]
        lines += [f"{name}{end}{_shown(labels)} {number(value)}" for end, labels, value in family.samples]
    return "\n".join([*lines, "# EOF\n"])


def number(value: float) -> str:
    """A number as the format writes it."""
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _shown(labels: Iterable[tuple[str, str]]) -> str:
    inner = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels)
    return f"{{{inner}}}" if inner else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
