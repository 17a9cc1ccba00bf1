# SPDX-License-Identifier: EUPL-1.2
"""Where editors write stories, look at them before others do, and make them public."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from stadtkern.core import problems
from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.insights.stories import differences, forms, naming, operations, queries, shown, taking, writing
from stadtkern.insights.stories.entities import Block, Story, Told, Version
from stadtkern.insights.stories.permissions import PUBLISHES, WRITES
from stadtkern.ui import done, telling
from stadtkern.ui import visit as visits
from stadtkern.ui.places import Waiting
from stadtkern.ui.visit import Visit

_TELLING = telling.Telling(
    {
        operations.SecondPersonNeeded: (
            gettext_lazy("Veröffentlichen muss jemand, der nicht mitgeschrieben hat."),
            gettext_lazy("So ist es in dieser Stadt eingestellt. Bitten Sie jemanden mit der Rolle darum."),
        ),
        operations.NoSuchVersion: (
            gettext_lazy("Diese Version gibt es nicht."),
            gettext_lazy("Wählen Sie eine aus der Liste der Versionen."),
        ),
    }
)
told = _TELLING.told


async def listing(request: HttpRequest) -> HttpResponse:
    """All stories, and whether a second person is needed to publish."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        if request.method == "POST":
            if not person.administrator:
                raise permissions.RoleIsMissing("administrator")
            await operations.set_four_eyes(visit.connection, on=request.POST.get("four_eyes") == "1")
            visits.DOOR.forget_city()
            return done.redirect("stories-work", did="regel")
        entries = await queries.every(visit.connection)
        four_eyes = await queries.four_eyes(visit.connection)
    about = {"entries": entries, "four_eyes": four_eyes, "rules": person.administrator}
    return render(request, "insights/stories/work.html", about)


async def new(request: HttpRequest) -> HttpResponse:
    """A new story, perhaps begun with a diagram (`?diagramm=` its query)."""
    source = taking.of_chart(request.GET.get("diagramm", ""))
    begin = [Block(kind="text"), *([Block(kind="diagram", source=source)] if source else [])]
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        if request.method != "POST":
            return await writing.form(request, visit, forms.HeadForm(), forms.blocks_of(begin))
        sent = await writing.sent(request, visit)
        if not isinstance(sent, Told):
            return sent
        number = await operations.begin(visit.connection, by=person.principal_id, told=sent)
    if request.POST.get("do") == "show":
        return redirect("story-preview", id=number)
    return redirect(f"{reverse('story-edit', args=[number])}?gespeichert=1")


async def edit(request: HttpRequest, id: int) -> HttpResponse:
    """Write on; each save is a version."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        on = await _opened(visit, person, id)
        if on is None and request.method == "POST":
            return await writing.removed(request, visit)
        if on is None:
            raise Http404
        if request.method != "POST":
            told = on.newest.told
            head, blocks = forms.HeadForm(initial=forms.head_of(told)), forms.blocks_of(told.blocks)
            return await writing.form(request, visit, head, blocks, on=on)
        sent = await writing.sent(request, visit, on=on)
        if not isinstance(sent, Told):
            return sent
        base = request.POST.get("base", "")
        try:
            await operations.save(
                visit.connection,
                by=person.principal_id,
                id=id,
                base=int(base) if base.isdecimal() and len(base) < 9 else 0,
                told=sent,
                note=request.POST.get("note", "")[:200],
            )
        except operations.StoryChangedMeanwhile as problem:
            newest = (await queries.versions(visit.connection, id=id))[0]
            on = msgspec.structs.replace(on, newest=newest, overtaken=True)
            head, blocks = forms.HeadForm(request.POST), forms.checked(forms.sent(request.POST))
            return await writing.form(request, visit, head, blocks, on=on, status=problem.status)
        except problems.NotFound:
            return await writing.removed(request, visit)
    if request.POST.get("do") == "show":
        return redirect("story-preview", id=id)
    return redirect(f"{request.path}?gespeichert=1")


async def _opened(visit: Visit, person: Person, id: int) -> writing.Opened | None:
    """A story that somebody writes on, with its newest version; nothing where it has been removed."""
    story = await queries.one(visit.connection, id=id) if id < 2**62 else None
    found = await queries.versions(visit.connection, id=id) if story else []
    if story is None or not found:
        return None
    return writing.Opened(story=story, newest=found[0], removes=person.serves(role=PUBLISHES))


async def preview(request: HttpRequest, id: int) -> HttpResponse:
    """The story as readers would see it; `?nummer=` an older version."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role=WRITES)
        story = await _story(visit, id)
        version = await _version(visit, id, request.GET.get("nummer", ""))
        parts = await shown.parts(visit, version.told)
    about = {"story": story, "version": version, "told": version.told, "parts": parts}
    return render(request, "insights/stories/preview.html", about)


@told
async def release(request: HttpRequest, id: int) -> HttpResponse:
    """What happens when a version becomes public or stops being so; and the step itself."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        story = await _story(visit, id)
        if request.method == "POST":
            await _step(visit, person, story, request.POST.get("do", ""), request.POST.get("number", ""))
            visits.DOOR.forget_city()
            return redirect("story-release", id=id)
        version = await _version(visit, id, request.GET.get("nummer", ""))
        stranger = await shown.parts(await visits.as_stranger(visit), version.told)
        writers = await operations.makers(visit.connection, id=id, number=version.number)
        four_eyes = await queries.four_eyes(visit.connection)
    about = {
        "story": story,
        "version": version,
        "hidden": [part for part in stranger if part.gone],
        "may": person.serves(role=PUBLISHES),
        "second": four_eyes and person.principal_id in writers,
    }
    return render(request, "insights/stories/release.html", about)


async def _step(visit: Visit, person: Person, story: Story, do: str, number: str) -> None:
    """Ask, take back, publish, withdraw. Only those who may publish do the last two."""
    chosen = int(number) if number.isdecimal() and len(number) < 9 else 0
    if do in ("ask", "unask"):
        asked = chosen if do == "ask" else None
        await operations.ask(visit.connection, by=person.principal_id, id=story.id, number=asked)
        return
    if not person.serves(role=PUBLISHES):
        raise permissions.RoleIsMissing(PUBLISHES)
    if do == "publish":
        await operations.publish(visit.connection, by=person.principal_id, id=story.id, number=chosen)
    elif do == "withdraw":
        await operations.withdraw(visit.connection, id=story.id)


@told
async def versions(request: HttpRequest, id: int) -> HttpResponse:
    """All versions; a POST brings an old one back as the newest."""
    async with visits.open_visit(request) as visit:
        person = await permissions.require_in_city(request, visit.connection, role=WRITES)
        story = await _story(visit, id)
        if request.method == "POST":
            number = request.POST.get("number", "")
            chosen = int(number) if number.isdecimal() and len(number) < 9 else 0
            note = gettext("Zurückgeholt aus Version %(n)s") % {"n": chosen}
            await operations.restore(
                visit.connection, by=person.principal_id, id=id, number=chosen, note=note
            )
            return redirect(f"{request.path}?zurueckgeholt=1")
        found = await queries.versions(visit.connection, id=id)
    about = {"story": story, "versions": found, "restored": request.GET.get("zurueckgeholt") == "1"}
    return render(request, "insights/stories/versions.html", about)


async def version(request: HttpRequest, id: int, number: int) -> HttpResponse:
    """What one version changed."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role=WRITES)
        story = await _story(visit, id)
        found = {each.number: each for each in await queries.versions(visit.connection, id=id)}
        if number not in found:
            raise Http404
        before = found.get(number - 1)
        named = await _named(visit, [each.told for each in (before, found[number]) if each])
    about = {
        "story": story,
        "version": found[number],
        "newest": max(found),
        "lines": differences.between(before.told if before else None, found[number].told, named=named),
    }
    return render(request, "insights/stories/version.html", about)


async def _named(visit: Visit, tellings: Sequence[Told]) -> differences.Named:
    """What the parts of versions show, by their sources."""
    sources = list(dict.fromkeys(differences.source(block) for told in tellings for block in told.blocks))
    names = await naming.names(visit, sources)
    return {source: ", ".join(each) for source, each in zip(sources, names, strict=True)}


async def remove(request: HttpRequest, id: int) -> HttpResponse:
    """Remove a story with all its versions, after asking; what is public must be withdrawn first."""
    async with visits.open_visit(request) as visit:
        await permissions.require_in_city(request, visit.connection, role=PUBLISHES)
        story = await _story(visit, id)
        newest = (await queries.versions(visit.connection, id=id))[0]
        if request.method == "POST" and story.public_number is None:
            await operations.remove(visit.connection, id=id)
            return done.redirect("stories-work", did="entfernt")
    return render(request, "insights/stories/remove.html", {"story": story, "newest": newest})


async def _story(visit: Visit, id: int) -> Story:
    found = await queries.one(visit.connection, id=id) if id < 2**62 else None
    if found is None:
        raise Http404
    return found


async def _version(visit: Visit, id: int, number: str) -> Version:
    """The version asked for, or the newest."""
    chosen = int(number) if number.isdecimal() and len(number) < 9 else None
    found = await queries.versions(visit.connection, id=id, number=chosen)
    if not found:
        raise Http404
    return found[0]


async def waiting(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """Stories that wait for those who may publish; None for partners of the city."""
    if not person.serves(role=WRITES):
        return None
    n = await queries.waiting(connection) if person.serves(role=PUBLISHES) else 0
    says = ngettext(
        "%(n)s Daten-Fenster soll veröffentlicht werden",
        "%(n)s Daten-Fenster sollen veröffentlicht werden",
        n,
    )
    return [Waiting(says=says % {"n": n}, url=reverse("stories-work"))] if n else []
