# SPDX-License-Identifier: EUPL-1.2
"""Fields of forms: what names them, helps and tells mistakes leads to the place it speaks of."""

from __future__ import annotations

import re

from django import forms
from django.template import Context, Template
from django.utils import translation

from stadtkern.ui.templatetags import ui

_CHOICES = [("a", "A"), ("b", "B")]


class _Form(forms.Form):
    line = forms.CharField(help_text="Hilfe")
    choice = forms.ChoiceField(choices=_CHOICES, help_text="Hilfe")
    box = forms.BooleanField(help_text="Hilfe")
    boxes = forms.MultipleChoiceField(
        choices=_CHOICES, widget=forms.CheckboxSelectMultiple, help_text="Hilfe"
    )
    radios = forms.ChoiceField(choices=_CHOICES, widget=forms.RadioSelect, help_text="Hilfe")


def test_mistakes_lead_to_their_fields_and_fields_name_what_tells_of_them() -> None:
    """Groups of boxes, too, whose label belongs to no single one of them."""
    page = Template("{% load ui %}{% mistakes form %}{% for one in form %}{% field one %}{% endfor %}")
    written = page.render(Context({"form": _Form({})}))
    ids = re.findall(r'\sid="([^"]+)"', written)
    assert len(ids) == len(set(ids))
    told = re.findall(r'href="#([^"]+)"', written)
    assert told == ["id_line", "id_choice", "id_box", "id_boxes", "id_radios"]
    about = {name for each in re.findall(r'aria-describedby="([^"]+)"', written) for name in each.split()}
    assert {"id_line_helptext", "id_boxes_helptext", "id_boxes_error", "id_radios_error"} <= about
    assert {*told, *about, *re.findall(r'\sfor="([^"]+)"', written)} <= set(ids)


def test_a_text_says_its_language_where_it_is_not_the_pages() -> None:
    """Also one that stands there because there is none in any language that the reader asks for."""
    assert ui.tongue({"de": "Baum", "en": "tree"}) == ""
    assert ui.tongue({"de": "", "en": "tree"}) == ' lang="en"'
    assert ui.tongue({}) == ""


class _Texts(forms.Form):
    title_de = forms.CharField(label="Titel")
    title_en = forms.CharField(label="Titel auf Englisch")
    name = forms.CharField(label="Name", widget=forms.TextInput(attrs={"lang": "de"}))
    place = forms.CharField(label="Ort")


def test_an_english_form_says_which_texts_are_german() -> None:
    """In its mistakes, too; browsers read and check each text in its own language."""
    page = Template("{% load ui %}{% mistakes form %}{% for one in form %}{% field one %}{% endfor %}")
    with translation.override("en"):
        english = page.render(Context({"form": _Texts({})}))
    assert english.count("Titel (in German)") == 2
    assert english.count("Name (in German)") == 2
    assert "Ort (" not in english
    assert english.count('lang="de"') == 2
    german = page.render(Context({"form": _Texts({})}))
    assert "auf Deutsch)" not in german
    assert german.count('lang="en"') == 1
