# SPDX-License-Identifier: EUPL-1.2
"""The page behind a link that works once. Looking at it uses nothing up: mail programs look at links, too."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from stadtkern.identity.entry import forms, operations
from stadtkern.identity.entry.operations import Link
from stadtkern.identity.models import User


@never_cache
@sensitive_post_parameters()
@sensitive_variables("secret")
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask what is needed and let in."""
    limited: HttpResponse | None = ratelimit.consume_or_429(request, action="login")
    if limited is not None:
        limited._has_been_logged = True  # type: ignore[attr-defined]
        return limited
    try:
        answer = _welcome(request, operations.find(secret=secret), secret=secret)
    except operations.LinkIsOver as error:
        answer = render(request, "identity/link_over.html", status=error.status)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # the path is a secret
    return answer


def _welcome(request: HttpRequest, link: Link, *, secret: str) -> HttpResponse:
    if request.user.is_authenticated and link.person_id is None:
        return _take(request, link, secret=secret)
    form = _form(request, link)
    if request.method == "POST" and form.is_valid():
        try:
            user = _enter(link, secret=secret, given=form.cleaned_data)
        except operations.AccountExists:
            form.add_error(
                "email" if "email" in form.fields else None,
                gettext(
                    "Dieses Konto gibt es schon. Melden Sie sich an und öffnen Sie den Link noch einmal."
                ),
            )
        else:
            answer: HttpResponse = perform_login(request, user, redirect_url=reverse("account"))
            return answer
    return render(request, "identity/welcome.html", {"form": form, "link": link})


def _form(request: HttpRequest, link: Link) -> Any:
    given = request.POST if request.method == "POST" else None
    if link.person_id is not None:
        return forms.PasswordForm(given)
    return forms.ArrivalForm(given, fixed_email=link.email, initial={"name": link.name})


def _enter(link: Link, *, secret: str, given: dict[str, Any]) -> User:
    if link.person_id is not None:
        return operations.come_back(secret=secret, password=given["password"])
    return operations.arrive(
        secret=secret, name=given["name"], email=given["email"], password=given["password"]
    )


def _take(request: HttpRequest, link: Link, *, secret: str) -> HttpResponse:
    if request.method == "POST":
        user = request.user
        if not isinstance(user, User):  # a lazy object stands for one
            user = User.objects.get(pk=user.pk)
        operations.take(secret=secret, user=user)
        return redirect("account")
    return render(request, "identity/welcome.html", {"link": link, "form": None})
