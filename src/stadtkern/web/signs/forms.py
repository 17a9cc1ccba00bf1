# SPDX-License-Identifier: EUPL-1.2
"""The form of a page's video in sign language."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from stadtkern.city import languages
from stadtkern.city.signs import operations
from stadtkern.city.signs.entities import Sign
from stadtkern.ui.fields import Text

_LONGEST_CAPTIONS = 100_000


class SignForm(forms.Form):
    """Which page, which film or link, what it says."""

    page = Text(
        label=gettext_lazy("Auf welcher Seite?"),
        max_length=500,
        help_text=gettext_lazy("Ihre Adresse, zum Beispiel / für die Startseite oder /barrierefreiheit."),
    )
    film = forms.FileField(
        label=gettext_lazy("Video"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "video/mp4,video/webm"}),
        help_text=gettext_lazy("MP4 oder WebM bis 500 MB. Es liegt auf diesem Server und ist öffentlich."),
    )
    link = forms.URLField(
        label=gettext_lazy("Oder ein Link zum Video"),
        required=False,
        assume_scheme="https",
        max_length=1000,
        help_text=gettext_lazy("Fremde Videos binden wir nicht ein; der Link führt dorthin."),
    )
    captions = Text(
        label=gettext_lazy("Untertitel"),
        max_length=_LONGEST_CAPTIONS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Im Format WebVTT: erste Zeile WEBVTT, dann Zeiten und Sätze. Für alle, die nicht gebärden."
        ),
    )

    def __init__(self, *arguments: Any, before: Sign | None, **more: Any):
        super().__init__(*arguments, **more)
        self.before = before
        if before:
            self.fields["page"].widget = forms.HiddenInput()

    def clean_page(self) -> str:
        """The path of a page that readers may open, without its language; that of a known one stays."""
        if self.before:
            return self.before.path
        given = str(self.cleaned_data["page"]).strip().removeprefix(str(settings.PUBLIC_URL)) or "/"
        path = languages.moved(urlsplit(given).path or "/", to=languages.FIRST)
        if not given.startswith("/") or given.startswith("//") or not _is_page(path):
            raise forms.ValidationError(gettext("Diese Seite gibt es nicht. Kopieren Sie ihre Adresse."))
        if len(path) > 300:
            raise forms.ValidationError(gettext("Diese Adresse ist zu lang."))
        return path

    def clean_film(self) -> UploadedFile[Any] | None:
        """A film of a kind that browsers play."""
        given: UploadedFile[Any] | None = self.cleaned_data["film"] or None
        if given and ((given.size or 0) > operations.LARGEST or _kind(given) is None):
            raise forms.ValidationError(gettext("Das ist kein Video in MP4 oder WebM bis 500 MB."))
        return given

    def clean_link(self) -> str:
        """Only where the way is safe."""
        link = str(self.cleaned_data["link"])
        if link and not link.startswith("https://"):
            raise forms.ValidationError(gettext("Bitte beginnen Sie die Adresse mit https://."))
        return link

    def clean_captions(self) -> str:
        """What a browser reads as captions (WebVTT, 4.1)."""
        text = str(self.cleaned_data["captions"]).strip().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if text and (not text.startswith("WEBVTT") or "-->" not in text):
            raise forms.ValidationError(
                gettext("Das ist kein WebVTT: Die erste Zeile heißt WEBVTT, Zeiten trennt -->.")
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Exactly one of film and link; a film that is there may stay."""
        given = super().clean() or {}
        film, link = given.get("film"), given.get("link")
        if film and link:
            self.add_error("link", gettext("Bitte geben Sie entweder ein Video oder einen Link an."))
        elif not film and not link and not (self.before and self.before.film) and "film" not in self.errors:
            self.add_error("film", gettext("Bitte wählen Sie ein Video, oder geben Sie einen Link an."))
        return given

    def media_type(self) -> str:
        """What kind of film came."""
        return _kind(self.cleaned_data["film"]) or ""


def _kind(given: UploadedFile[Any]) -> str | None:
    given.seek(0)
    beginning = given.read(operations.LONGEST_BEGINNING)
    given.seek(0)
    return operations.kind_of(beginning)


def _is_page(path: str) -> bool:
    try:
        with translation.override(languages.FIRST):
            resolve(path)
    except Resolver404:
        return False
    return True
