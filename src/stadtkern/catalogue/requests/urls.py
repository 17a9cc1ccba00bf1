# SPDX-License-Identifier: EUPL-1.2
"""Addresses of requests."""

from __future__ import annotations

from django.urls import path

from stadtkern.catalogue.requests import moderation, replies, views

urlpatterns = [
    path("daten/anfragen", views.listing, name="requests"),
    path("daten/anfragen/neu", views.ask, name="request-ask"),
    path("daten/anfragen/eingang/<slug:secret>", views.own, name="request-own"),
    path("daten/anfragen/antwort/<slug:token>", replies.page, name="request-reply"),
    path("daten/anfragen/<int:id>", views.one, name="request"),
    path("arbeit/anfragen", moderation.listing, name="requests-work"),
    path("arbeit/anfragen/<int:id>", moderation.one, name="request-work"),
    path("arbeit/anfragen/<int:id>/loeschen", moderation.delete, name="request-delete"),
]
