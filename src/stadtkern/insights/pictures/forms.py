# SPDX-License-Identifier: EUPL-1.2
"""The form of a thing's picture."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from stadtkern.insights.pictures import images
from stadtkern.insights.pictures.images import Image, PictureIsOfNoUse, PictureLiesOnItsSide
from stadtkern.ui import fields


class PictureForm(forms.Form):
    """A picture, what it shows and who took it; where there is one already, the words alone will do."""

    picture = forms.FileField(
        label=gettext_lazy("Bild"),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "data-shrink": "1600"}),
        help_text=gettext_lazy(
            "JPEG, PNG oder WebP, höchstens 1,5 MB und 4.096 Pixel je Seite. Aufnahmeort, Gerät und"
            " Kommentare entfernen wir. Bitte keine Gesichter und keine Kennzeichen."
        ),
    )
    alt_de = fields.Text(
        label=gettext_lazy("Was ist zu sehen?"),
        max_length=300,
        help_text=gettext_lazy(
            "Für alle, die das Bild nicht sehen, zum Beispiel: „Graue Säule am Radweg, daneben eine Eiche“."
        ),
    )
    alt_en = fields.Text(label=gettext_lazy("Was ist zu sehen, auf Englisch"), max_length=300, required=False)
    credit = fields.Text(
        label=gettext_lazy("Wer hat es aufgenommen?"),
        max_length=200,
        help_text=gettext_lazy("Steht unter dem Bild, am besten mit Lizenz: „Stadt Beispiel, CC BY 4.0“."),
    )

    def __init__(self, *arguments: Any, there: bool, **more: Any):
        super().__init__(*arguments, **more)
        if there:
            self.fields["picture"].required = False
            self.fields["picture"].label = gettext("Anderes Bild")

    def clean_picture(self) -> Image | None:
        """The picture without what cameras note."""
        given: Any = self.cleaned_data["picture"]
        if not given:
            return None
        try:
            return images.clean(given.read(images.LARGEST + 1))
        except PictureLiesOnItsSide as error:
            raise forms.ValidationError(
                gettext(
                    "Dieses WebP-Bild ist liegend gespeichert, und Browser drehen WebP nicht von selbst."
                    " Drehen Sie es in einem Bildprogramm, oder speichern Sie es als JPEG."
                )
            ) from error
        except PictureIsOfNoUse as error:
            raise forms.ValidationError(
                gettext(
                    "Das ist kein vollständiges Bild in JPEG, PNG oder WebP bis 1,5 MB und 4.096 Pixel je"
                    " Seite. Speichern Sie es in einem dieser Formate, wenn nötig kleiner. SVG und bewegte"
                    " Bilder nehmen wir nicht an."
                )
            ) from error

    def alt(self) -> dict[str, str]:
        """What it shows, by language."""
        given = {"de": self.cleaned_data["alt_de"].strip(), "en": self.cleaned_data["alt_en"].strip()}
        return {language: text for language, text in given.items() if text}
