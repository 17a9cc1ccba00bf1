# SPDX-License-Identifier: EUPL-1.2
"""Where Django and allauth leave their mails: in our queue, sealed, since most of them hold a link."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import translation

from stadtkern.core import statements
from stadtkern.identity.mail import queue


class EmailBackend(BaseEmailBackend):
    """Lets a mail wait for each of its recipients; what it is about stands in its header `X-Kind`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns how many wait now."""
        for message in email_messages:
            facts = {"subject": message.subject, "body": message.body}
            for address in message.recipients():
                values = queue.row(
                    kind=str(message.extra_headers.get("X-Kind", "identity/text")),
                    address=address,
                    person_id=None,
                    language=translation.get_language() or "de",
                    facts=None,
                    sealed=queue.seal(facts, key=settings.SECRET_KEY),
                    lasts=queue.LASTS,
                )
                with connection.cursor() as cursor:
                    cursor.execute(statements.load("identity")["put_mail"], values)
        return len(email_messages)
