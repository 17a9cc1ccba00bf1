# SPDX-License-Identifier: EUPL-1.2
"""Guesses a mapping from the first rows of a file, to be reviewed by a person."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from stadtkern.ingest.imports import mapping, reader, times
from stadtkern.ingest.imports.cells import Cells

_ROWS = 100_000
_LOCAL = "Europe/Berlin"
_WORDS_FOR_TIME = ("zeit", "time", "datum", "date", "stunde", "hour", "tag", "day", "monat", "month")
_UMLAUTS = str.maketrans("äöüß", "aous")
_WORDS_FOR_NONE = {"-", "--", "n/a", "na", "nan", "null", "none", "k.a.", "ges", "geschlossen", "closed", "*"}
_WORDS_FOR_FULL = {"bes", "besetzt", "voll", "full"}
_STATUS = re.compile(r".*(status|flag|güte|quality ?code).*", re.IGNORECASE)
_UNIT = re.compile(r".*(?:\bin |\[|\()(?P<unit>[^\]()\[\]]{1,15})[\])]?$")


class _Column(msgspec.Struct):
    """What the cells of a column look like."""

    name: str
    texts: Counter[str]
    numbers: int
    words: Counter[str]

    @property
    def numeric(self) -> bool:
        known = sum(n for word, n in self.words.items() if word.lower() in _WORDS_FOR_NONE | _WORDS_FOR_FULL)
        return sum(self.words.values()) - known <= 0.5 * self.numbers

    @property
    def station(self) -> bool:
        """Whether it could name the station of each row."""
        named = re.search(r"station|sensor|id$|name|ort$|site|device", self.name, re.IGNORECASE)
        rows = sum(self.texts.values())
        return bool(named) and self.filled == rows and len(self.texts) <= max(50, rows // 50)

    @property
    def filled(self) -> int:
        return self.numbers + sum(self.words.values())


def mapping_for(*, path: Path) -> str:
    """A mapping as TOML with remarks; raises UnusableFile or InvalidMapping where nothing can be guessed."""
    with reader.Table(path=path, file=mapping.File()) as table:
        block = next(table.blocks(rows=_ROWS), None)
        header, layout = table.header, table.layout
    rows = [row for row in (block.rows if block else []) if len(row) >= len(header)]
    if not rows:
        raise reader.UnusableFile(f"{path.name} has a header but no rows", where="line 2")
    cells = [[row[i].strip() for row in rows] for i in range(len(header))]
    decimal = _decimal(cells)
    moment = _time_column(header, cells)
    first = {name: i for i, name in reversed(list(enumerate(header)))}
    columns = {name: _look(name, cells[first[name]], decimal) for name in header if name}
    del columns[header[moment]]
    return _write(path, layout, decimal, header[moment], cells[moment], columns)


def _decimal(cells: Sequence[Sequence[str]]) -> str:
    found = Counter[str]()
    for column in cells:
        for text in column[:200]:
            if re.fullmatch(r"[+-]?\d+,\d+", text):
                found[","] += 1
            elif re.fullmatch(r"[+-]?\d+\.\d+", text):
                found["."] += 1
    return "," if found[","] > found["."] else "."


def _time_column(header: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The first column whose cells are times, those with a telling name before others."""
    clock = times.Clock(time=mapping.Time(column=""))

    def fits(column: Sequence[str]) -> bool:
        filled = [text for text in column[:100] if text]
        good = sum(1 for text in filled if clock[text] != times.STORY)
        return bool(filled) and good >= 0.9 * len(filled)

    usable = [i for i, column in enumerate(cells) if fits(column)]
    if not usable:
        raise mapping.InvalidMapping("no column looks like a time (2026-02-26 14:05 or 26.02.2026 14:05)")
    telling = [i for i in usable if any(word in header[i].lower() for word in _WORDS_FOR_TIME)]
    return (telling or usable)[0]


def _look(name: str, column: Sequence[str], decimal: str) -> _Column:
    file = mapping.File(decimal="," if decimal == "," else ".")
    reading = Cells(clean=mapping.Clean(), file=file)
    texts = Counter(column)
    look = _Column(name, texts, 0, Counter())
    for text, count in texts.items():
        if text and reading[text] == reading[text]:
            look.numbers += count
        elif text:
            look.words[text] += count
    return look


def _write(
    path: Path,
    layout: reader.Layout,
    decimal: str,
    moment: str,
    labels: Sequence[str],
    columns: dict[str, _Column],
) -> str:
    by = next((c.name for c in columns.values() if c.station), "") if len(columns) <= 8 else ""
    values = [c for c in columns.values() if c.name != by and c.numeric and not _STATUS.fullmatch(c.name)]
    status = next((c.name for c in columns.values() if by and _STATUS.fullmatch(c.name)), "")
    slug = _slug(path.stem)
    lines = [
        f"# Guessed from the first rows of {path.name}. Please review every line, above all zone and units.",
        f"dataset = {_quoted(slug)}",
        f"title = {_quoted(path.stem)}",
        'room = "internal"        # room in which the dataset is made if there is none with this key',
        "",
        "[file]",
        f"encoding = {_quoted(layout.encoding)}",
        f"delimiter = {_quoted(layout.delimiter)}",
        f"decimal = {_quoted(decimal)}",
        "",
        *_time(moment, labels),
        *_clean(columns),
        *_thing(slug, path.stem, by, many=len(values) > 12),
    ]
    if len(values) > 12 and not by:
        lines += _wide(slug, values)
    else:
        for column in values:
            lines += _series(slug, column, by, status)
    left = [c.name for c in columns.values() if c not in values and c.name not in (by, status)]
    lines += [f"# left out: {name} (no numbers)" for name in left]
    return "\n".join(lines).rstrip() + "\n"


def _time(moment: str, labels: Sequence[str]) -> list[str]:
    clock = times.Clock(time=mapping.Time(column=""))
    instants = [clock[label] for label in labels if label and clock[label] != times.STORY]
    steps = Counter(b - a for a, b in pairwise(instants) if b > a)
    step = steps.most_common(1)[0][0] // times.SECOND if steps else 0
    names = {900: "PT15M", 1800: "PT30M", 3600: "PT1H", 86400: "P1D"}
    zoned = bool(re.search(r"\d(Z|[+-]\d\d:?\d\d)$", labels[0].strip(" '\"")))
    lines = ["[time]", f"column = {_quoted(moment)}"]
    if not zoned:
        lines.append(_zone(labels))
    if any(label.strip(" '\"").endswith("24:00") for label in labels):
        lines.append('label = "end"             # there is a 24:00: times seem to name the end of an hour')
    if step in names:
        lines.append(
            f'# interval = "{names[step]}"     # if a value is a sum or mean of the time between two rows'
        )
    return [*lines, ""]


def _zone(labels: Sequence[str]) -> str:
    """The local zone, unless there are values in an hour that spring leaves out there."""
    clock = times.Clock(time=mapping.Time(column="", zone=_LOCAL))
    stories = (clock.special.get(label) for label in labels if clock[label] == times.STORY)
    gaps = sum(1 for story in stories if isinstance(story, times.Refused) and story.code == "gap")
    if gaps:
        return 'zone = "UTC"              # the file has an hour that spring leaves out in local time'
    return f'zone = "{_LOCAL}"    # the times carry no zone; is this a wall clock? else "UTC"'


def _clean(columns: dict[str, _Column]) -> list[str]:
    words = Counter[str]()
    for column in columns.values():
        if column.numeric:
            words.update(column.words)
    missing = sorted(word for word in words if word.lower() not in _WORDS_FOR_FULL)
    full = sorted(word for word in words if word.lower() in _WORDS_FOR_FULL)
    lines = ["[clean]", f"missing = [{', '.join(map(_quoted, missing[:50]))}]"]
    unknown = [word for word in missing if word.lower() not in _WORDS_FOR_NONE]
    lines += [f"# is {_quoted(word)} really no reading?" for word in unknown[:50]]
    if full:
        codes = ", ".join(f"{_quoted(word)} = 0" for word in full)
        lines.append(f"codes = {{ {codes} }}      # full: nothing free")
    return [*lines, ""]


def _thing(slug: str, title: str, by: str, *, many: bool) -> list[str]:
    field = f"{{{by}}}" if by else "{name}"
    key, name = (f"{slug}-{field}", field) if by or many else (slug, title)
    return [
        "[thing]",
        f"key = {_quoted(key)}",
        f"name = {_quoted(name)}",
        "",
        "[sensor]",
        f"key = {_quoted(slug + '-sensor')}",
        'name = "unknown"',
        "",
        "[datastream]",
        'kind = "measurement"     # or count (sums make sense), state (lasts until the next value)',
        'unit = { name = "", symbol = "", definition = "" }',
        "",
    ]


def _series(slug: str, column: _Column, by: str, status: str) -> list[str]:
    field, short = f"{{{by}}}" if by else "", _slug(column.name)
    lines = ["[[series]]", f"column = {_pattern(column.name)}"]
    if by:
        lines += [f"by = {_quoted(by)}", f"name = {_quoted(field + '/' + short)}"]
    lines += [
        f"property = {{ key = {_quoted(short)}, name = {_quoted(column.name)} }}",
        f"datastream.key = {_quoted('-'.join(filter(None, (slug, field, short))))}",
        f"datastream.name = {_quoted(', '.join(filter(None, (column.name, field))))}",
    ]
    if status:
        lines.append(f"status = {{ column = {_quoted(status)} }}")
    unit = _UNIT.fullmatch(column.name)
    if unit is not None:
        lines.append(f"datastream.unit.symbol = {_quoted(unit['unit'])}")
    return [*lines, ""]


def _wide(slug: str, values: Sequence[_Column]) -> list[str]:
    either = "|".join(escaped(column.name) for column in values)
    return [
        "[[series]]             # one column per station",
        f"column = {_quoted(f'(?P<name>{either})')}",
        'name = "{name}"',
        f'property = {{ key = {_quoted(slug + "-property")}, name = "what was observed" }}',
        f"datastream.key = {_quoted(slug + '-{name}')}",
        'datastream.name = "{name}"',
        "",
    ]


def _pattern(name: str) -> str:
    text = escaped(name)
    return _quoted(text) if "'" in text else f"'{text}'"


def escaped(name: str) -> str:
    """A header as regular expression."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", name)


def _slug(text: str) -> str:
    plain = text.lower().translate(_UMLAUTS)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "import"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
