# SPDX-License-Identifier: EUPL-1.2
"""How values become those of another kind in SQL."""

from __future__ import annotations

from stadtkern.things.entities import Kind

CASTS = {
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
    Kind.INSTANT: "timestamptz",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DURATION: "interval",
}
NULLS = {Kind.NUMBER: "float8", Kind.INTERVAL: "timestamptz", Kind.JSON: "jsonb"}
OUT_OF_JSON = {
    Kind.NUMBER: (
        "case when jsonb_typeof({0}) = 'number' and pg_input_is_valid({0} #>> '{{}}', 'float8')"
        " then ({0})::float8 end"
    ),
    Kind.TEXT: "case jsonb_typeof({0}) when 'string' then {0} #>> '{{}}' end",
    Kind.BOOLEAN: "case jsonb_typeof({0}) when 'boolean' then ({0})::boolean end",
    Kind.INSTANT: (
        "case when jsonb_typeof({0}) = 'string' and pg_input_is_valid({0} #>> '{{}}', 'timestamptz')"
        " then ({0} #>> '{{}}')::timestamptz end"
    ),
}


# Of JSON that is compared with text.
WRITTEN = "case when jsonb_typeof({0}) in ('string', 'number', 'boolean') then {0} #>> '{{}}' end"


def between_json(sign: str) -> str:
    """Two JSON values compared: of one type as they are, with text as they are written, else never alike."""
    found = "case when jsonb_typeof({0}) = jsonb_typeof({1}) then {0} <sign> {1}"
    found += (
        f" when 'string' in (jsonb_typeof({{0}}), jsonb_typeof({{1}})) then ({WRITTEN}) <sign> ({_OTHER})"
    )
    found += " else {0} is distinct from {1} end" if sign == _UNLIKE else " end"
    return found.replace("<sign>", sign)


_UNLIKE = "is distinct from"
_OTHER = WRITTEN.replace("{0}", "{1}")
