# SPDX-License-Identifier: EUPL-1.2
"""Addresses of this package's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from stadtkern.governance.agreements import views as agreements
from stadtkern.governance.bulk import views as bulk
from stadtkern.governance.log import views as log
from stadtkern.governance.rooms import views as rooms

urlpatterns: list[URLPattern | URLResolver] = [
    path("arbeit/raeume", rooms.listing, name="rooms"),
    path("arbeit/raeume/neu", rooms.new, name="room-new"),
    path("arbeit/raeume/<slug:key>", rooms.room, name="room"),
    path("arbeit/raeume/<slug:key>/bearbeiten", rooms.edit, name="room-edit"),
    path("arbeit/raeume/<slug:key>/zustimmen", rooms.accept, name="room-accept"),
    path("arbeit/raeume/<slug:key>/aufnehmen", rooms.admit, name="room-admit"),
    path("arbeit/raeume/<slug:key>/mitglieder/<int:id>/entfernen", rooms.dismiss, name="room-dismiss"),
    path("arbeit/vereinbarungen", agreements.listing, name="agreements"),
    path("arbeit/vereinbarungen/neu", agreements.new, name="agreement-new"),
    path("arbeit/vereinbarungen/<int:id>", agreements.agreement, name="agreement"),
    path("arbeit/vereinbarungen/<int:id>/bearbeiten", agreements.edit, name="agreement-edit"),
    path("arbeit/vereinbarungen/<int:id>/abschliessen", agreements.activate, name="agreement-activate"),
    path("arbeit/vereinbarungen/<int:id>/beenden", agreements.end, name="agreement-end"),
    path("arbeit/vereinbarungen/<int:id>/verwerfen", agreements.discard, name="agreement-discard"),
    path("arbeit/vereinbarungen/<int:id>/odrl.jsonld", agreements.as_odrl, name="agreement-odrl"),
    path("arbeit/vereinbarungen/<int:id>/dokumente", agreements.add_document, name="agreement-documents"),
    path(
        "arbeit/vereinbarungen/<int:id>/dokumente/<int:document>",
        agreements.document,
        name="agreement-document",
    ),
    path("arbeit/datensaetze", bulk.listing, name="bulk"),
    path("arbeit/datensaetze/aendern", bulk.change, name="bulk-change"),
    path("arbeit/datensaetze/schritte/<int:id>", bulk.step, name="bulk-step"),
    path("arbeit/datensaetze/schritte/<int:id>/rueckgaengig", bulk.undo, name="bulk-undo"),
    path("arbeit/protokoll", log.log, name="log"),
    path("arbeit/protokoll.csv", log.export, name="log-export"),
    path("arbeit/protokoll/frist", log.keep, name="log-keep"),
    path("arbeit/protokoll/zustaendige", log.appoint, name="log-appoint"),
    path("arbeit/protokoll/zustaendige/<int:id>/entfernen", log.dismiss, name="log-dismiss"),
]
