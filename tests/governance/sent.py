# SPDX-License-Identifier: EUPL-1.2
"""Forms that name datasets, rooms or series, as somebody would send them who guesses."""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """An address and fields; names in braces come from a room."""

    address: str
    fields: dict[str, str]


_KEY = {"name": "x", "verbs": "read", "days": "90"}
# Fields that stand for something of a room in whatever form; what is required besides is left out on purpose.
ANYTHING = {
    "dataset": "{key}", "datasets": "{dataset}", "datensatz": "{key}", "room": "{room}", "raum": "{room}",
    "streams": "{stream}", "thing": "{thing}", "name": "{word}", "q": "{word}", "id": "{dataset}",
}  # fmt: skip
FORMS = (
    Form("/konto/schluessel/neu", {**_KEY, "dataset": "{key}"}),
    Form("/arbeit/geraete/neu", {**_KEY, "dataset": "{key}"}),
    Form("/konto/schluessel/neu", {**_KEY, "dataset": "offenheim", "streams": "{stream}"}),
    Form("/arbeit/geraete/neu", {**_KEY, "dataset": "offenheim", "streams": "{stream}"}),
    Form("/arbeit/datensaetze/aendern", {"datensatz": "{key}", "act": "withdraw"}),
    Form("/arbeit/datensaetze/aendern", {"datensatz": "{key}", "act": "theme", "theme": "TRAN"}),
    Form("/arbeit/datensaetze/aendern", {"datensatz": "offenheim", "act": "move", "room": "{room}"}),
    *(
        Form(address, ANYTHING)
        for address in (
            "/arbeit/daten/neu",
            "/arbeit/vereinbarungen/neu?raum={room}",
            "/arbeit/import/neu",
            "/arbeit/inventar/neu",
            "/arbeit/ernten/neu",
            "/konto/schluessel/neu",
            "/arbeit/geraete/neu",
        )
    ),
)
