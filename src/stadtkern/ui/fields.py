# SPDX-License-Identifier: EUPL-1.2
"""What several forms have: texts as they are stored, and the guard of those that anybody may send."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext, gettext_lazy

from stadtkern.ui import formats, guard

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TONGUES = {"de": "de", "easy": "de", "en": "en"}


class Text(forms.CharField):
    """Text without control characters, with line ends as `\\n`."""

    def to_python(self, value: Any) -> str:
        """The text as it is stored."""
        return _CONTROL.sub("", (super().to_python(value) or "").replace("\r\n", "\n"))


def spoken(bound: BoundField) -> None:
    """Give a field for text in another language its `lang`; an English page says which fields are German.

    Fields tell it by their name, such as `title_de`, or by the `lang` of their widget.
    """
    page, attrs = formats.language()[:2], bound.field.widget.attrs
    tongue = attrs.get("lang") or _TONGUES.get(bound.name.rpartition("_")[2], page)
    if tongue == page:
        return
    attrs["lang"] = tongue
    if tongue == "de" and not bound.name.endswith("_easy"):
        bound.label = gettext("%(label)s (auf Deutsch)") % {"label": bound.field.label}


class Guarded(forms.Form):
    """A form that anybody may send: a ticket of ours, a trap for programs, no advertising."""

    website = forms.CharField(
        label=gettext_lazy("Dieses Feld bitte leer lassen"),
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    ticket = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    pause: float = guard.TOO_FAST
    """Seconds that people need at least for it; programs are faster."""

    @property
    def next_ticket(self) -> str:
        """What the form carries when it is shown once more: its own ticket until that is too old.

        Not one from the future either, which stays too young for as long as the clock was set back.
        """
        given = self.data.get("ticket", "")
        age = guard.age(given)
        return given if age is not None and 0 <= age <= guard.TOO_OLD else guard.ticket()

    def clean_website(self) -> str:
        """People do not see the trap."""
        if self.cleaned_data["website"]:
            raise forms.ValidationError(gettext_lazy("Dieses Feld muss leer bleiben."))
        return ""

    def clean(self) -> dict[str, Any]:
        """The ticket is neither too young nor too old; a text has few links."""
        given = super().clean() or {}
        age = guard.age(str(given.get("ticket", "")))
        if age is None or age > guard.TOO_OLD:
            self.add_error(
                None, gettext_lazy("Die Seite war zu lange offen. Bitte senden Sie noch einmal ab.")
            )
        elif age < min(self.pause, guard.TOO_FAST) and not self.errors:
            # Where a field is wrong anyway, people read only what they can mend.
            self.add_error(None, gettext_lazy("Das ging sehr schnell. Bitte senden Sie noch einmal ab."))
        if guard.links(" ".join(str(text) for text in given.values())) > guard.MOST_LINKS:
            self.add_error(None, gettext_lazy("Bitte nennen Sie höchstens zwei Adressen von Webseiten."))
        return given
