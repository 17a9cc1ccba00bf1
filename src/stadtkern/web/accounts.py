# SPDX-License-Identifier: EUPL-1.2
"""How people sign in: what Django and allauth are told of accounts, made from Stadtkern's own settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from stadtkern.core.settings import Settings

_LEAST_LETTERS = 12
_CHECKS = "django.contrib.auth.password_validation."


def settings(told: Settings) -> dict[str, Any]:
    """Django's settings for accounts."""
    return {**_accounts(told), **_factors(told), **_provider(told), **_mail(told)}


def apps(told: Settings) -> list[str]:
    """The Django apps of the sign-in; those of a provider only where there is one, since they are large."""
    found = ["allauth", "allauth.account", "allauth.mfa"]
    if has_provider(told):
        found += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    return found


def has_provider(told: Settings) -> bool:
    """Whether people may sign in with an OpenID Connect provider."""
    return bool(told.oidc_issuer and told.oidc_client_id)


def _accounts(told: Settings) -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "identity.User",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "SESSION_ENGINE": "stadtkern.identity.sessions",
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "account",
        "LOGOUT_REDIRECT_URL": "front",
        "PASSWORD_HASHERS": [
            "django.contrib.auth.hashers.ScryptPasswordHasher",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": _CHECKS + "MinimumLengthValidator", "OPTIONS": {"min_length": _LEAST_LETTERS}},
            {
                "NAME": _CHECKS + "UserAttributeSimilarityValidator",
                "OPTIONS": {"user_attributes": ["email", "name"]},
            },
            {"NAME": _CHECKS + "CommonPasswordValidator"},
        ],
        "SIGNUP_OPEN": told.signup == "open" and told.mail_url is not None,
        "ACCOUNT_ADAPTER": "stadtkern.identity.adapters.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*", "password2*"],
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_UNIQUE_EMAIL": True,
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": False,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 600,
        "ACCOUNT_EMAIL_NOTIFICATIONS": told.mail_url is not None,
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_MAX_EMAIL_ADDRESSES": 2,
    }


def _factors(told: Settings) -> dict[str, Any]:
    return {
        "MFA_ADAPTER": "stadtkern.identity.adapters.MFAAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_FORMS": {"add_webauthn": "stadtkern.identity.account.passkeys.PasskeyForm"},
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_RECOVERY_CODES_SHOW_ONCE": True,
        # Browsers allow passkeys without TLS on localhost only.
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": urlsplit(told.base_url).scheme == "http",
    }


def _provider(told: Settings) -> dict[str, Any]:
    apps = []
    if has_provider(told):
        apps.append(
            {
                "provider_id": "stadt",
                "name": told.oidc_name,
                "client_id": told.oidc_client_id,
                "secret": told.oidc_client_secret or "",
                "settings": {"server_url": told.oidc_issuer, "oauth_pkce_enabled": True},
            }
        )
    return {
        "SOCIALACCOUNT_ADAPTER": "stadtkern.identity.provider.SocialAdapter",
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": apps}},
        "SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX": "",
        # The city's own provider is believed about `email_verified`: it leads to the account of that address.
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "mandatory" if told.mail_url else "none",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_LOGIN_ON_GET": False,
        "SIGN_IN_WITH": told.oidc_name if apps else "",
    }


def _mail(told: Settings) -> dict[str, Any]:
    """Mails wait in our own queue (`identity.mail`); the work process hands them in."""
    if told.mail_url is None:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "MAIL_WORKS": False}
    return {"EMAIL_BACKEND": "stadtkern.identity.mail.backend.EmailBackend", "MAIL_WORKS": True}
