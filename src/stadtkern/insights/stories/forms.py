# SPDX-License-Identifier: EUPL-1.2
"""The form in which a story is written: its head, and a part for each block, in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.charts import asking as charts
from stadtkern.city import languages
from stadtkern.insights import kinds
from stadtkern.insights.diagrams import asking
from stadtkern.insights.stories import tiles
from stadtkern.insights.stories.entities import KINDS, MOST_BLOCKS, Block, Kind, Told
from stadtkern.ui.fields import Text

NAMES: Mapping[Kind, Promise] = {
    "text": gettext_lazy("Text"),
    "diagram": gettext_lazy("Diagramm"),
    "values": gettext_lazy("Werte jetzt"),
    "tile": gettext_lazy("Kachel"),
    "map": gettext_lazy("Karte"),
}
FIELDS = ("kind", "source", "place", *(f"text_{field}" for field in languages.FIELDS.values()), *tiles.FIELDS)
_AREA, _SHORT = {"rows": 8}, {"rows": 3}
_SOURCES = {
    "diagram": (
        gettext_lazy("Adresse des Diagramms"),
        gettext_lazy("Suchen Sie nach Daten, oder fügen Sie die Adresse eines Diagramms ein."),
    ),
    "values": (
        gettext_lazy("Messreihen"),
        gettext_lazy("Suchen Sie nach Messreihen, oder fügen Sie die Adresse eines Diagramms damit ein."),
    ),
    "tile": (
        gettext_lazy("Woher kommen die Werte?"),
        gettext_lazy("Suchen Sie, was gemessen wird, oder einzelne Messreihen; mehrere stehen zusammen."),
    ),
}
_LINES = ("text_de", "text_en", "text_easy")


class HeadForm(forms.Form):
    """Title and summary, and what is said of this version."""

    title_de = Text(
        label=gettext_lazy("Titel"),
        max_length=150,
        help_text=gettext_lazy(
            "Am besten eine Frage oder was herauskommt: „Im Winter fährt die Hälfte weiter“."
        ),
    )
    summary_de = Text(
        label=gettext_lazy("In zwei Sätzen"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs=_SHORT),
        help_text=gettext_lazy("Steht in der Liste und am Anfang."),
    )
    title_en = Text(label=gettext_lazy("Titel auf Englisch"), max_length=150, required=False)
    summary_en = Text(
        label=gettext_lazy("In zwei Sätzen auf Englisch"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs=_SHORT),
    )
    title_easy = Text(label=gettext_lazy("Titel in Leichter Sprache"), max_length=150, required=False)
    summary_easy = Text(
        label=gettext_lazy("In zwei Sätzen in Leichter Sprache"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs=_SHORT),
    )
    note = Text(
        label=gettext_lazy("Was haben Sie geändert?"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Steht bei dieser Version, nicht auf der Seite."),
    )


class BlockForm(forms.Form):
    """One block; fields that its kind has not are taken out."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS], widget=forms.HiddenInput)
    source = Text(
        max_length=asking.LONGEST_QUERY, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
    )
    place = forms.ChoiceField(
        label=gettext_lazy("Was zeigt die Karte?"),
        required=False,
        choices=[("", gettext_lazy("Alle Messorte")), *((kind.key, kind.many) for kind in kinds.KINDS)],
    )
    tile = forms.ChoiceField(
        label=gettext_lazy("Was zeigt die Kachel?"),
        choices=[(form, kind.name) for form, kind in tiles.KINDS.items()],
    )
    text_de = Text(label=gettext_lazy("Der Text"), max_length=20_000, widget=forms.Textarea(attrs=_AREA))
    text_en = Text(
        label=gettext_lazy("Text auf Englisch"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs=_SHORT),
    )
    text_easy = Text(
        label=gettext_lazy("Text in Leichter Sprache"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs=_SHORT),
        help_text=gettext_lazy("Kurze Sätze, jeder in einer eigenen Zeile; lange Wörter trennen: Rad·weg."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        kind: Kind,
        number: int,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, prefix=f"b{number}", initial=dict(initial or {}))
        self.of, self.number = kind, number
        if kind in ("text", "map"):
            del self.fields["source"]
        for name, only in (("place", "map"), ("tile", "tile")):
            if kind != only:
                del self.fields[name]
        self.words = tiles.fields(data, prefix=f"b{number}", initial=initial) if kind == "tile" else None
        if self.words and not tiles.fed(self.words.kind):
            del self.fields["source"]
        if kind != "text":
            for name in _LINES:
                self.fields[name].required = False
                self.fields[name].widget = forms.Textarea(attrs=_SHORT)
            self.fields["text_de"].label = gettext("Text dazu")
        if kind in _SOURCES and "source" in self.fields:
            self.fields["source"].label, self.fields["source"].help_text = _SOURCES[kind]

    @property
    def heading(self) -> str:
        """What kind of block it is."""
        return capfirst(str(NAMES[self.of]))

    @property
    def spoken(self) -> tiles.Spoken | None:
        """The words of a tile."""
        return tiles.spoken(self.words) if self.words else None

    @property
    def wrong(self) -> bool:
        """Whether anything in it is to be mended."""
        return bool(self.errors or (self.words and self.words.errors))

    def is_valid(self) -> bool:
        """Whether the part and, of a tile, its words are right."""
        right = self.words is None or self.words.is_valid()  # both, so that each says what is wrong
        return super().is_valid() and right

    def clean_source(self) -> str:
        """The query alone, from whatever address was put in; it must name a series."""
        if self.of == "tile":
            return tiles.read(self.cleaned_data["source"])
        query = charts.of_address(self.cleaned_data["source"])
        if self.of == "diagram" and charts.names_table(query):
            return query
        found = asking.of_address(tiles.of_series(self.cleaned_data["source"]))
        if not found.ids:
            raise forms.ValidationError(
                gettext(
                    "In dieser Adresse steht keine Messreihe. Sie sieht etwa so aus:"
                    " /diagramm?reihe=12&zeitraum=monat"
                )
            )
        return found.query()

    def block(self) -> Block:
        """The block as it is kept."""
        given = self.cleaned_data
        text = _texts(given, "text")
        if self.words is not None:
            return Block(kind="tile", text=text, tile=tiles.told(self.words, source=given.get("source", "")))
        return Block(kind=self.of, text=text, source=given.get("source") or given.get("place") or "")


def fields_of(block: Block) -> dict[str, Any]:
    """What the form of a block begins with."""
    return {
        "kind": block.kind,
        "source": block.source,
        "place": block.source if block.kind == "map" else "",
        **{f"text_{field}": block.text.get(code, "") for code, field in languages.FIELDS.items()},
        **(tiles.start(block.tile) if block.tile else {}),
    }


def _texts(given: Mapping[str, Any], name: str) -> dict[str, str]:
    """What was written, by language."""
    said = {code: given.get(f"{name}_{field}", "") for code, field in languages.FIELDS.items()}
    return {code: text for code, text in said.items() if text}


def head_of(told: Told) -> dict[str, str]:
    """What the head of the form begins with."""
    return {
        f"{name}_{field}": getattr(told, name).get(code, "")
        for name in ("title", "summary")
        for code, field in languages.FIELDS.items()
    }


def blocks_of(blocks: Sequence[Block]) -> list[BlockForm]:
    """Forms of blocks that are kept."""
    return [
        BlockForm(kind=block.kind, number=number, initial=fields_of(block))
        for number, block in enumerate(blocks)
    ]


def sent(data: QueryDict) -> list[dict[str, str]]:
    """The blocks that a form brought, in their order, as their fields say."""
    count = data.get("count", "")
    found = []
    for number in range(min(int(count), MOST_BLOCKS) if count.isdecimal() and len(count) < 4 else 0):
        fields = {name: data.get(f"b{number}-{name}", "") for name in FIELDS}
        if fields["kind"] in KINDS:
            found.append(fields)
    return found


def unchecked(blocks: Sequence[Mapping[str, str]]) -> list[BlockForm]:
    """Forms of blocks that are being arranged: what stands in them stays, right or wrong."""
    return [
        BlockForm(kind=_kind(fields["kind"]), number=number, initial=dict(fields))
        for number, fields in enumerate(blocks)
    ]


def checked(blocks: Sequence[Mapping[str, str]]) -> list[BlockForm]:
    """Forms of blocks that are to be saved."""
    return [
        BlockForm(
            {f"b{number}-{name}": value for name, value in fields.items()},
            kind=_kind(fields["kind"]),
            number=number,
        )
        for number, fields in enumerate(blocks)
    ]


def _kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind == name)


def told(head: HeadForm, blocks: Sequence[BlockForm]) -> Told:
    """What the checked forms say."""
    given = head.cleaned_data
    return Told(
        title=_texts(given, "title"),
        summary=_texts(given, "summary"),
        blocks=tuple(form.block() for form in blocks),
    )
