# SPDX-License-Identifier: EUPL-1.2
"""Pages on which data are let out: propose, decide, withdraw, and make the dataset."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from stadtkern.catalogue import operations as datasets
from stadtkern.catalogue.inventory import forms, operations, permissions
from stadtkern.catalogue.inventory.views import entry_of, open_desk
from stadtkern.catalogue.inventory.words import told

_USUAL_TIME = timedelta(days=14)


@told
async def propose(request: HttpRequest, id: int) -> HttpResponse:
    """Propose to let the data out."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        desk.reach.require("editor", found.organisation_id)
        start = {"due": desk.today + _USUAL_TIME}
        form = forms.ProposalForm(request.POST or None, initial=start, today=desk.today)
        lacking = operations.missing(found.facts)
        if request.method == "POST" and form.is_valid():
            await operations.propose(
                desk.visit.connection,
                reach=desk.reach,
                entry=found,
                reason=form.cleaned_data["reason"],
                due=form.cleaned_data["due"],
            )
            return redirect("inventory-entry", id=id)
    context = {"form": form, "entry": found, "missing": operations.named(lacking)}
    return render(request, "catalogue/inventory/propose.html", context)


@told
async def decide(request: HttpRequest, id: int) -> HttpResponse:
    """Approve or refuse what somebody else proposed."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        desk.reach.require("publisher", found.organisation_id)
        if found.proposal is None:
            raise operations.NothingToDecide()
        if not desk.reach.may_decide(found):
            raise permissions.FourEyes()
        form = forms.DecisionForm(request.POST or None, initial={"proposal": found.proposal.id})
        if request.method == "POST" and form.is_valid():
            await operations.decide(
                desk.visit.connection,
                reach=desk.reach,
                entry=found,
                release_id=form.cleaned_data["proposal"],
                approved=form.cleaned_data["decision"] == "approved",
                reason=form.cleaned_data["reason"],
            )
            return redirect("inventory-entry", id=id)
    context = {"form": form, "entry": found, "facts": found.facts, "today": desk.today}
    return render(request, "catalogue/inventory/decide.html", context)


@told
async def withdraw(request: HttpRequest, id: int) -> HttpResponse:
    """Take a proposal back."""
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        desk.reach.require("editor", found.organisation_id)
        form = forms.WithdrawalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            await operations.withdraw(
                desk.visit.connection, reach=desk.reach, entry=found, reason=form.cleaned_data["reason"]
            )
            return redirect("inventory-entry", id=id)
    return render(request, "catalogue/inventory/withdraw.html", {"form": form, "entry": found})


@told
async def dataset(request: HttpRequest, id: int) -> HttpResponse:
    """Make a draft in the catalogue out of an approved entry."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    async with open_desk(request) as desk:
        found = await entry_of(desk, id)
        form = forms.DatasetForm(request.POST)
        if not form.is_valid() or not desk.reach.may_make(found):
            raise operations.ChangedMeanwhile()
        facts = found.facts
        async with desk.visit.connection.transaction():
            made = await datasets.create(
                desk.visit.connection,
                by=desk.person,
                organisation_id=found.organisation_id,
                kind=form.cleaned_data["kind"],
                title={"de": facts.title},
                description={"de": facts.description} if facts.description else {},
                musterdatensaetze=(facts.concept,) if facts.concept else (),
                legal_basis=facts.legal_basis,
            )
            await operations.link(
                desk.visit.connection, reach=desk.reach, entry=found, dataset_id=made.id, key=made.key
            )
    return redirect("inventory-entry", id=id)
