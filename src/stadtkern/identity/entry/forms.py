# SPDX-License-Identifier: EUPL-1.2
"""What somebody who comes in for the first time, or comes back, tells us."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.identity.models import User


class PasswordForm(forms.Form):
    """A new password, twice."""

    password = forms.CharField(
        label=_("Passwort"),
        help_text=_("Mindestens zwölf Zeichen. Gut sind mehrere Wörter, die nicht zusammenpassen."),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Passwort noch einmal"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both are the same, and not easily guessed."""
        given: dict[str, Any] = super().clean() or {}
        password = given.get("password")
        if password and given.get("again") and password != given["again"]:
            self.add_error("again", gettext("Die beiden Passwörter sind nicht gleich."))
        if password:
            user = User(email=str(given.get("email", "")), name=str(given.get("name", "")))
            try:
                password_validation.validate_password(password, user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


class ArrivalForm(PasswordForm):
    """Name, address and password of somebody new."""

    name = forms.CharField(
        label=_("Ihr Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-Mail-Adresse"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    field_order = ("name", "email", "password", "again")

    def __init__(self, *args: Any, fixed_email: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        if fixed_email:  # the invitation says whom it is for
            self.fields["email"].disabled = True
            self.fields["email"].initial = fixed_email

    def clean_email(self) -> str:
        """In small letters."""
        return str(self.cleaned_data["email"]).lower()
