# SPDX-License-Identifier: EUPL-1.2
"""Addresses of subscriptions."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.subscriptions import views

urlpatterns = [
    path("daten/abonnieren", views.subscribe, name="subscribe"),
    path("daten/abonnieren/postfach", views.sent, name="subscription-sent"),
    path("daten/abonnieren/bestaetigen/<slug:token>", views.confirm, name="subscription-confirm"),
    path("daten/abonnieren/verwalten/<slug:token>", views.manage, name="subscriptions"),
]
