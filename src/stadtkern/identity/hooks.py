# SPDX-License-Identifier: EUPL-1.2
"""What follows from a change of an account: a new password or second factor signs out everywhere else."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.apps import apps
from django.http import HttpRequest

from stadtkern.identity import sessions
from stadtkern.identity.account import operations
from stadtkern.identity.models import User


def listen() -> None:
    """Connect to allauth's signals."""
    for signal in (
        account.password_changed,
        account.password_reset,
        account.password_set,
        mfa.authenticator_added,
        mfa.authenticator_removed,
    ):
        signal.connect(_end_other_sessions, dispatch_uid="stadtkern.identity.end_other_sessions")
    if apps.is_installed("allauth.socialaccount"):
        from allauth.socialaccount import signals as provider

        provider.social_account_added.connect(_claim, dispatch_uid="stadtkern.identity.claim")


def _claim(*, sociallogin: Any, **_: Any) -> None:
    """The provider's word outweighs whoever made the account of this address: what they have ends here."""
    operations.claim(user=sociallogin.user)


def _end_other_sessions(*, request: HttpRequest, user: User, **_: Any) -> None:
    row = sessions.person_of(user_id=user.pk)
    if row is not None:
        own = request.session.session_key if request.user.is_authenticated else None
        sessions.end_all(principal_id=row, but=own)
