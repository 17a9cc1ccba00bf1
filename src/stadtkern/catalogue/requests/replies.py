# SPDX-License-Identifier: EUPL-1.2
"""The answer to a request by mail, for whoever left an address and confirmed it."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from stadtkern.catalogue import letters
from stadtkern.core import access, statements
from stadtkern.core.database import Connection
from stadtkern.ui import visit as visits


async def want(connection: Connection, *, address: str, language: str, secret: str) -> None:
    """Ask the mailbox whether the answer shall go there; the same form sent twice asks once."""
    address = address.strip().lower()
    values = {
        "address": address,
        "language": language,
        "secret_hash": access.hash_secret(secret),
    }
    row = await (await connection.execute(statements.load("catalogue")["want_reply"], values)).fetchone()
    if row is None:
        return
    token = letters.token(row[0], "reply", key=settings.SECRET_KEY)
    own = settings.PUBLIC_URL + reverse("request-own", args=[secret])
    await letters.send(
        connection,
        name="confirm_reply",
        address=address,
        language=language,
        facts={},  # nothing of what was typed: the mailbox may be a stranger's
        sealed={"link": settings.PUBLIC_URL + reverse("request-reply", args=[token]), "own": own},
    )


async def answer(connection: Connection, *, id: int, progress: str, body: str, last: bool) -> None:
    """Send an answer to where it is awaited, if it is; after the last one the address is forgotten."""
    values = {"id": id, "last": last}
    row = await (await connection.execute(statements.load("catalogue")["reply_of"], values)).fetchone()
    if row is None:
        return
    uuid, address, language, title = row
    with translation.override(language):
        token = letters.token(uuid, "reply", key=settings.SECRET_KEY)
        leave = settings.PUBLIC_URL + reverse("request-reply", args=[token])
        page = settings.PUBLIC_URL + reverse("request", args=[id])
    facts = {"title": title, "progress": progress, "body": body, "page": page, "last": last}
    if not last:
        facts |= {"leave": leave, "headers": letters.leaving(leave)}
    await letters.send(connection, name="answer", address=address, language=language, facts=facts)


@csrf_exempt  # the address is all that proves it, and mail programs leave with one request of their own
async def page(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm that the mailbox is one's own, or have the address forgotten."""
    uuid = letters.read(token, "reply")
    if uuid is None:
        raise Http404
    sql = statements.load("catalogue")
    async with visits.open_visit(request) as visit:
        if request.method == "POST":
            name = "confirm_reply" if request.POST.get("what") == "confirm" else "drop_reply"
            await visit.connection.execute(sql[name], {"uuid": uuid})
            if name == "drop_reply" and request.POST.get(letters.ONE_CLICK[0]) is None:
                return redirect(request.path)
        row = await (await visit.connection.execute(sql["reply"], {"uuid": uuid})).fetchone()
    context = {"title": row[1] if row else "", "known": row is not None, "confirmed": bool(row and row[2])}
    return private(render(request, "catalogue/requests/reply.html", context))


def private(answer: HttpResponse) -> HttpResponse:
    """A page whose address is a secret is neither kept nor told to others."""
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
