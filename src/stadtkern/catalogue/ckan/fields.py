# SPDX-License-Identifier: EUPL-1.2
"""The fields that a CKAN query may name, each as a condition that asks for rights at every table."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.ckan import solr
from stadtkern.catalogue.ckan.problems import SearchQueryRefused
from stadtkern.catalogue.ckan.solr import Field, Reader, Value
from stadtkern.core import fragments
from stadtkern.core.access import Scope
from stadtkern.core.fragments import Fragment


def reader(scope: Scope, *, now: datetime, organisations: dict[str, int]) -> Reader:
    """A reader of queries; `organisations`: the numbers of the visible ones by their CKAN ids and names."""
    of_form = partial(_of_form, scope)
    fields: dict[str, Field] = {
        "id": partial(_equal, "d.uuid::text"),
        "name": partial(_equal, "d.key"),
        "title": partial(_text, "c.title"),
        "title_string": partial(_text, "c.title"),
        "notes": partial(_text, "c.description"),
        "text": partial(free, scope),
        "organization": partial(_organisation, organisations),
        "owner_org": partial(_organisation, organisations),
        "tags": _tag,
        "groups": lambda value: Fragment("%s = ANY (c.themes)", (_word(value).upper(),)),
        "res_format": lambda value: of_form(Fragment("lower(p.format) = lower(%s)", (_word(value),))),
        "res_url": lambda value: of_form(Fragment("%s IN (p.access_url, p.download_url)", (_word(value),))),
        "license_id": lambda value: of_form(
            Fragment("p.licence IN (%s, %s)", (_word(value), vocabularies.LICENCES + _word(value)))
        ),
        "metadata_modified": partial(_time, "c.changed_at", now),
        "metadata_created": partial(_time, "d.created_at", now),
        "type": partial(_always, "dataset"),
        "dataset_type": partial(_always, "dataset"),
        "state": partial(_always, "active"),
        "site_id": lambda _: fragments.TRUE,
        "capacity": lambda value: Fragment(f"(r.kind = 'public') = {_word(value) == 'public'}"),
        "private": lambda value: Fragment(f"(r.kind = 'public') = {_word(value) == 'false'}"),
        "entity_type": partial(_always, "package"),
    }
    return Reader(fields=fields, free=partial(free, scope))


def free(scope: Scope, value: Value) -> Fragment:
    """Words anywhere in title, keywords or description, in their forms or as parts of words."""
    word = _word(value)
    if word in ("*", "*:*"):
        return fragments.TRUE
    inside = Fragment(
        "c.dataset_id IN (SELECT m.dataset_id FROM catalogue.mark AS m WHERE"
        " (m.says @> (SELECT CASE WHEN count(w.id) = cardinality(l.stems) AND l.stems <> '{}'"
        " THEN array_agg(w.id) ELSE '{0}' END"
        " FROM (SELECT tsvector_to_array(to_tsvector('catalogue.german', %s)) AS stems) AS l"
        " LEFT JOIN catalogue.word AS w ON w.stem AND w.text = ANY (l.stems) GROUP BY l.stems)"
        " OR m.words LIKE catalogue.plain(%s)) AND ",
        (word, f"%{_escaped(word.strip('*'))}%"),
    )
    return inside + scope.on("m.dataset_id") + Fragment(")")


def _escaped(word: str) -> str:
    """As a pattern of LIKE that stands for itself."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _word(value: Value) -> str:
    if value.kind == "range":
        raise SearchQueryRefused(f"there is no range {value.text[:60]} of this field")
    return value.text


def _equal(column: str, value: Value) -> Fragment:
    """Equal, or like a pattern with `*`."""
    word = _word(value)
    if value.kind == "word" and "*" in word:
        return Fragment(f"{column} LIKE %s", (_escaped(word).replace("*", "%"),))
    return Fragment(f"{column} = %s", (word,))


def _text(column: str, value: Value) -> Fragment:
    word = _word(value).strip("*")
    return Fragment(
        f"to_tsvector('catalogue.german', catalogue.texts({column}))"
        " @@ plainto_tsquery('catalogue.german', %s)"
        if word
        else "true",
        (word,) if word else (),
    )


def _tag(value: Value) -> Fragment:
    word = _word(value)
    return Fragment("EXISTS (SELECT FROM jsonb_each(c.keywords) AS k WHERE k.value ? %s)", (word,))


def _organisation(known: dict[str, int], value: Value) -> Fragment:
    number = known.get(_word(value))
    return fragments.FALSE if number is None else Fragment("o.principal_id = %s", (number,))


def _of_form(scope: Scope, condition: Fragment) -> Fragment:
    inside = Fragment(
        "EXISTS (SELECT FROM catalogue.distribution AS p WHERE p.dataset_id = c.dataset_id AND "
    )
    return inside + condition + Fragment(" AND ") + scope.on("p.dataset_id") + Fragment(")")


def _time(column: str, now: datetime, value: Value) -> Fragment:
    if value.kind == "word" and value.text == "*":
        return fragments.TRUE
    if value.kind != "range":
        raise SearchQueryRefused("a time is asked for as a range [a TO b]")
    ends = solr.moment(value.low, now=now), solr.moment(value.high, now=now)
    signs = ">" if value.text.startswith("{") else ">=", "<" if value.text.endswith("}") else "<="
    parts = [f"{column} {sign} %s" for sign, end in zip(signs, ends, strict=True) if end is not None]
    return Fragment(" AND ".join(["true", *parts]), tuple(end for end in ends if end is not None))


def _always(name: str, value: Value) -> Fragment:
    return fragments.TRUE if _word(value) in (name, "*") else fragments.FALSE
