# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the sign-in, of one's own account, of organisations and of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.module_loading import import_string
from django.views.generic import RedirectView

from stadtkern.identity.account import views as own
from stadtkern.identity.entry import views as entry
from stadtkern.identity.mail import views as mail
from stadtkern.identity.organisations import views as people
from stadtkern.identity.people import views as accounts
from stadtkern.identity.tokens import views as keys


def _later(room: str, name: str) -> Callable[..., HttpResponse]:
    """A view of allauth's second factors, loaded when it is first asked for: what it needs is large."""

    def view(request: HttpRequest, **arguments: Any) -> HttpResponse:
        found = import_string(f"allauth.mfa.{room}.views.{name}")
        answer: HttpResponse = found(request, **arguments)
        return answer

    return view


def _by_mail(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that promises a mail; without a mail server there is none."""

    def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not settings.MAIL_WORKS:
            raise Http404
        return view(request, **arguments)

    return answer


urlpatterns: list[URLPattern | URLResolver] = [
    path("anmelden", account.login, name="account_login"),
    path("anmelden/passkey", _later("webauthn", "login_webauthn"), name="mfa_login_webauthn"),
    path("anmelden/zweiter-schritt", _later("base", "authenticate"), name="mfa_authenticate"),
    path("anmelden/bestaetigen", account.reauthenticate, name="account_reauthenticate"),
    path("anmelden/bestaetigen/code", _later("base", "reauthenticate"), name="mfa_reauthenticate"),
    path(
        "anmelden/bestaetigen/passkey",
        _later("webauthn", "reauthenticate_webauthn"),
        name="mfa_reauthenticate_webauthn",
    ),
    path("anmelden/gesperrt", account.account_inactive, name="account_inactive"),
    path("abmelden", account.logout, name="account_logout"),
    path("willkommen/<str:secret>", entry.welcome, name="welcome"),
    path("konto", own.account, name="account"),
    path("konto/sprache", own.speak, name="own-language"),
    path("konto/sitzung-beenden", own.end_session, name="end-session"),
    path("konto/daten", own.data, name="own-data"),
    path("konto/daten/meine-daten.json", own.export, name="own-export"),
    path("konto/geloescht", own.erased, name="erased"),
    path("konto/anlegen", account.signup, name="account_signup"),
    path("konto/anlegen/postfach", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^konto/bestaetigen/(?P<key>[-:\w]+)$", account.confirm_email, name="account_confirm_email"),
    path("konto/email", account.email, name="account_email"),
    path("konto/passwort", account.password_change, name="account_change_password"),
    path("konto/passwort/setzen", account.password_set, name="account_set_password"),
    path("konto/passwort/vergessen", _by_mail(account.password_reset), name="account_reset_password"),
    path(
        "konto/passwort/vergessen/postfach",
        _by_mail(account.password_reset_done),
        name="account_reset_password_done",
    ),
    re_path(
        r"^konto/passwort/neu/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        _by_mail(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "konto/passwort/neu",
        _by_mail(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("konto/sicherheit", _later("base", "index"), name="mfa_index"),
    path("konto/sicherheit/app", _later("totp", "activate_totp"), name="mfa_activate_totp"),
    path("konto/sicherheit/app/entfernen", _later("totp", "deactivate_totp"), name="mfa_deactivate_totp"),
    path(
        "konto/sicherheit/notfallcodes",
        _later("recovery_codes", "view_recovery_codes"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "konto/sicherheit/notfallcodes/neu",
        _later("recovery_codes", "generate_recovery_codes"),
        name="mfa_generate_recovery_codes",
    ),
    path("konto/sicherheit/passkeys", _later("webauthn", "list_webauthn"), name="mfa_list_webauthn"),
    path("konto/sicherheit/passkeys/neu", _later("webauthn", "add_webauthn"), name="mfa_add_webauthn"),
    path("konto/sicherheit/passkeys/<int:pk>", _later("webauthn", "edit_webauthn"), name="mfa_edit_webauthn"),
    path(
        "konto/sicherheit/passkeys/<int:pk>/entfernen",
        _later("webauthn", "remove_webauthn"),
        name="mfa_remove_webauthn",
    ),
    path("konto/schluessel", keys.own, name="tokens"),
    path("konto/schluessel/neu", keys.new_own, name="token-new"),
    path("konto/schluessel/<int:id>/beenden", keys.end_own, name="token-end"),
    path("arbeit/geraete", keys.devices, name="devices"),
    path("arbeit/geraete/neu", keys.new_device, name="device-new"),
    path("arbeit/geraete/<int:id>/beenden", keys.end_device, name="device-end"),
    path("arbeit/post", mail.overview, name="mail"),
    path("arbeit/post/probe", mail.probe, name="mail-probe"),
    path("arbeit/post/noch-einmal", mail.retry, name="mail-retry"),
    path("arbeit/post/<int:id>/verwerfen", mail.discard, name="mail-discard"),
    path("arbeit/menschen", people.organisations, name="organisations"),
    path("arbeit/menschen/neu", people.new, name="organisation-new"),
    path("arbeit/menschen/konten", accounts.people, name="people"),
    path("arbeit/menschen/konten/<int:id>", accounts.one, name="person"),
    path("arbeit/menschen/konten/<int:id>/sperren", accounts.close, name="person-close"),
    path("arbeit/menschen/konten/<int:id>/oeffnen", accounts.open_again, name="person-open"),
    path("arbeit/menschen/<int:id>", people.organisation, name="organisation"),
    path("arbeit/menschen/<int:id>/bearbeiten", people.edit, name="organisation-edit"),
    path("arbeit/menschen/<int:id>/einladen", people.invite, name="organisation-invite"),
    path("arbeit/menschen/<int:id>/zuruecknehmen", people.withdraw, name="organisation-withdraw"),
    path("arbeit/menschen/<int:id>/rolle", people.set_role, name="organisation-role"),
    path("arbeit/menschen/<int:id>/entfernen", people.remove, name="organisation-remove"),
    path("arbeit/menschen/<int:id>/zugang", people.way_back, name="organisation-way-back"),
]

if settings.SIGN_IN_WITH:
    from allauth.socialaccount import views as linked

    urlpatterns += [
        path("anmelden/dienst/abgebrochen", linked.login_cancelled, name="socialaccount_login_cancelled"),
        path("anmelden/dienst/fehler", linked.login_error, name="socialaccount_login_error"),
        path("anmelden/dienst/konto", linked.signup, name="socialaccount_signup"),
        path(
            "konto/verbunden", RedirectView.as_view(pattern_name="account"), name="socialaccount_connections"
        ),
    ]
