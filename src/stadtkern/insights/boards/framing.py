# SPDX-License-Identifier: EUPL-1.2
"""Forms of a board's own settings and of its themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from stadtkern.insights.boards import words
from stadtkern.insights.boards.forms import start_of, text_of
from stadtkern.insights.cockpit.definitions import Audience, Content, Text
from stadtkern.ui import fields


class BoardForm(forms.Form):
    """Name, words and audience of a board."""

    title_de = fields.Text(label=gettext_lazy("Name der Tafel"), max_length=80)
    title_en = fields.Text(label=gettext_lazy("Name auf Englisch"), max_length=80, required=False)
    about_de = fields.Text(
        label=gettext_lazy("Ein Satz dazu"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Er steht unter der Überschrift."),
    )
    about_en = fields.Text(
        label=gettext_lazy("Ein Satz dazu auf Englisch"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    title_easy = fields.Text(label=gettext_lazy("Name in Leichter Sprache"), max_length=80, required=False)
    about_easy = fields.Text(
        label=gettext_lazy("Ein Satz dazu in Leichter Sprache"), max_length=300, required=False
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Wer sieht die Tafel?"),
        help_text=gettext_lazy(
            "Welche Werte jemand darauf sieht, regeln außerdem die Datenräume: Kacheln, deren Daten jemand"
            " nicht sehen darf, erscheinen nicht."
        ),
    )
    view = forms.ChoiceField(
        label=gettext_lazy("Womit beginnt sie?"),
        choices=[
            ("overview", gettext_lazy("Überblick: das Wichtigste auf einen Blick")),
            ("expert", gettext_lazy("Fachsicht: alle Kacheln, darunter jeder Ort einzeln")),
        ],
    )
    experts = forms.ChoiceField(
        label=gettext_lazy("Wer darf die Fachsicht sehen?"),
        required=False,
        help_text=gettext_lazy(
            "Diese Personen schalten auf der Tafel zwischen Überblick und Fachsicht um. Welche Kacheln nur in"
            " der Fachsicht stehen, legen Sie bei der Anordnung fest."
        ),
    )

    def __init__(self, *arguments: Any, audiences: Sequence[Audience], **more: Any):
        super().__init__(*arguments, **more)
        known: Any = self.fields["audience"]
        known.choices = [(key, _begun(words.AUDIENCES[key])) for key in audiences]
        experts: Any = self.fields["experts"]
        # Whoever may not choose an audience may still leave it as it is.
        kept = self.initial.get("experts")
        offered = [key for key in words.AUDIENCES if key in audiences or key == kept]
        inside = [(key, _begun(words.AUDIENCES[key])) for key in offered if key != "public"]
        everybody = ("", gettext_lazy("Alle, die die Tafel sehen"))
        experts.choices = [everybody, *inside, ("nobody", gettext_lazy("Niemand: nur der Überblick"))]

    def told(self, before: Content | None = None) -> Content:
        """The board with these words; what stands on it stays."""
        given = self.cleaned_data
        return Content(
            title=text_of(given, "title"),
            about=text_of(given, "about"),
            audience=given["audience"],
            view=given["view"],
            experts=given["experts"],
            groups=before.groups if before else (),
        )


def _begun(said: Any) -> str:
    text = str(said)
    return text[:1].upper() + text[1:]


def board_start(content: Content) -> dict[str, str]:
    """What the form begins with."""
    return {
        **start_of(content.title, "title"),
        **start_of(content.about, "about"),
        "audience": content.audience,
        "view": content.view,
        "experts": content.experts,
    }


class ThemeForm(forms.Form):
    """The title of a group of tiles."""

    title_de = fields.Text(
        label=gettext_lazy("Überschrift des Themas"),
        max_length=80,
        help_text=gettext_lazy("Zum Beispiel „Verkehr“ oder „Klima und Grün“."),
    )
    title_en = fields.Text(label=gettext_lazy("Überschrift auf Englisch"), max_length=80, required=False)
    title_easy = fields.Text(
        label=gettext_lazy("Überschrift in Leichter Sprache"), max_length=80, required=False
    )

    def told(self) -> Text:
        """The title by language."""
        return text_of(self.cleaned_data, "title")


def theme_start(title: Text) -> dict[str, str]:
    """What the form begins with."""
    return start_of(title, "title")
