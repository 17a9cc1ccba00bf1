# SPDX-License-Identifier: EUPL-1.2
"""The form with which people add a passkey."""

from __future__ import annotations

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey is expected to sign in by itself; as second factor it is asked for on purpose."""

    passwordless = forms.BooleanField(
        label=_("Auch ohne Passwort anmelden"),
        required=False,
        initial=True,
        help_text=_(
            "Ihr Gerät fragt dann nach Fingerabdruck, Gesicht oder PIN."
            " Ohne Haken kommt der Passkey zum Passwort hinzu."
        ),
    )
