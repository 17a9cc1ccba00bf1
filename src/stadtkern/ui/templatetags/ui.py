# SPDX-License-Identifier: EUPL-1.2
"""Template tags and filters: assets, German numbers and times, components with arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django import template
from django.forms import BaseForm, BoundField
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from stadtkern.city import languages
from stadtkern.core import times
from stadtkern.ui import assets, fields, formats, shapes

register = template.Library()
_ENDED = timedelta(days=60)
# Clocks of devices run ahead a little; what lies further ahead is a forecast, or a clock that is wrong.
_AHEAD = timedelta(minutes=15)

register.simple_tag(assets.address, name="asset")
register.filter("words", formats.words)
register.filter("excerpt", formats.excerpt)


@register.filter
def tongue(value: object) -> SafeString | str:
    """` lang="de"` for a text that `words` gives in another language than the page's (WCAG 2.2, 3.1.2).

    Plain text, such as descriptions of devices, is taken to be in the first language.
    """
    spoken = get_language() or languages.FIRST
    said = languages.FIRST if value else spoken
    if isinstance(value, Mapping):
        said = next((code for code in (*languages.order(spoken), *value) if value.get(code)), spoken)
    alike = said.partition("-")[0] == spoken.partition("-")[0]
    return "" if alike else format_html(' lang="{}"', said)


@register.filter
def number(value: float | None, digits: int | None = None) -> str:
    """`{{ 1234.5|number:1 }}` → `1.234,5`."""
    return formats.number(value, digits=digits)


@register.simple_tag(takes_context=True)
def moment(context: RequestContext, value: datetime) -> str:
    """`20. November 2026, 14:05 Uhr` in the city's zone."""
    return formats.moment(value, zone=context["zone"])


@register.simple_tag(takes_context=True)
def short_moment(context: RequestContext, value: datetime) -> str:
    """`20.11.2026, 14:05` in the city's zone."""
    return formats.short_moment(value, zone=context["zone"])


@register.simple_tag(takes_context=True)
def end_of(context: RequestContext, value: datetime) -> str:
    """`31.03.2027`: the last day of what ends at the midnight after it."""
    return formats.end(value, zone=context["zone"])


@register.simple_tag(takes_context=True)
def work_around(context: RequestContext) -> str:
    """Where the work page is, on pages below it that somebody with a role sees; else nothing."""
    return next(
        (each.url for each in context.get("navigation") or () if each.here and each.key == "work"), ""
    )


@register.simple_tag(takes_context=True)
def date_of(context: RequestContext, value: datetime) -> str:
    """`20. November 2026` in the city's zone."""
    return formats.day(value.astimezone(context["zone"]).date())


@register.filter
def plain_date(value: object) -> str:
    """`2025-03-01` → `1. März 2025`; what is no date stays as it is."""
    try:
        return formats.day(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return str(value)


@register.inclusion_tag("ui/fresh.html", takes_context=True)
def fresh(
    context: RequestContext, at: datetime | None, late_after: timedelta | None, n: int = 0, means: str = ""
) -> dict[str, Any]:
    """How old a value is; what is late says so; neither that nor what lies ahead looks live.

    `n`: how many values there are; some without a time that is known say so. `means`: what silence means.
    """
    now, zone = context.get("now") or times.now(), context["zone"]
    if at is None:
        return {"at": None, "untimed": n > 0}
    late = late_after is not None and now - at > late_after
    since = formats.moment_or_clock(at, zone=zone, now=now)
    ended = late and now - at > _ENDED
    return {
        "at": at,
        "late": late,
        "ended": formats.day(at.astimezone(zone).date()) if ended else "",
        "ahead": formats.moment(at, zone=zone) if at - now > _AHEAD else "",
        "age": formats.age(at, now=now),
        "late_seconds": int(late_after.total_seconds()) if late_after else None,
        "says": gettext("Seit %(since)s keine Messwerte") % {"since": since} if late else "",
        "meant": gettext("%(meaning)s seit %(since)s") % {"meaning": means, "since": since}
        if late and means
        else "",
    }


@register.inclusion_tag("ui/source.html")
def source(datasets: list[Mapping[str, Any]], labels: bool = True) -> dict[str, Any]:
    """Who the data comes from, under which licence, and (`labels`) whether it is replayed or simulated."""
    return {"datasets": datasets, "labels": labels}


@register.simple_tag
def label(datasets: list[Mapping[str, Any]]) -> SafeString | str:
    """` · Simulation` or ` · Wiedergabe` where values are not from here and now."""
    if any(about.get("simulated") for about in datasets):
        return format_html(" · <strong>{}</strong>", gettext("Simulation"))
    if any(about.get("replay") for about in datasets):
        return format_html(" · <strong>{}</strong>", gettext("Wiedergabe"))
    return ""


@register.inclusion_tag("ui/code.html")
def code(name: str, text: str) -> dict[str, str]:
    """A line to copy, with its button."""
    return {"name": name, "text": text}


class _Part(msgspec.Struct, frozen=True):
    """KERN's classes of one kind of field, as it is and where it is wrong."""

    kind: str
    frame: str
    wrong: str
    widget: str
    wrong_widget: str


_LINE = _Part("line", "kern-form-input", "kern-form-input--error",
              "kern-form-input__input", "kern-form-input__input--error")  # fmt: skip
_CHOICE = _Part("choice", "kern-form-input", "kern-form-input--error",
                "kern-form-input__select", "kern-form-input__select--error")  # fmt: skip
_BOX = _Part("check", "kern-form-check", "kern-form-check--error",
             "kern-form-check__checkbox", "kern-form-check__checkbox--error")  # fmt: skip
_BOXES = _Part("group", "kern-fieldset", "kern-fieldset--error",
               "kern-form-check__checkbox", "kern-form-check__checkbox--error")  # fmt: skip
_RADIOS = _Part("group", "kern-fieldset", "kern-fieldset--error",
                "kern-form-check__radio", "kern-form-check__radio--error")  # fmt: skip
_PARTS = {"checkbox": _BOX, "checkboxselectmultiple": _BOXES, "radioselect": _RADIOS, "select": _CHOICE,
          "nullbooleanselect": _CHOICE}  # fmt: skip


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """One field of a form: label, help, what is wrong, and the field itself."""
    part = _PARTS.get(bound.widget_type, _LINE)
    shown = bound.field.widget.attrs  # each form has its own fields
    if shown.get("placeholder") == bound.label:  # said above the field; inside it looks as if filled in
        del shown["placeholder"]
    fields.spoken(bound)
    wrong = bool(bound.errors)
    classes = f"{part.widget} {part.wrong_widget}" if wrong else part.widget
    found = {
        "field": bound,
        "kind": part.kind,
        "frame": f"{part.frame} {part.wrong}" if wrong else part.frame,
        "optional": not bound.field.required and part.kind != "check",
    }
    if part.kind != "group":
        return {**found, "widget": bound.as_widget(attrs={"class": classes})}
    shown["class"] = classes
    about = [f"{bound.auto_id}_helptext"] * bool(bound.help_text) + [f"{bound.auto_id}_error"] * wrong
    return {**found, "boxes": bound.subwidgets, "about": " ".join(about)}


@register.inclusion_tag("ui/mistakes.html")
def mistakes(form: BaseForm) -> dict[str, Any]:
    """Above a form: what is wrong in it, each with a link to its field."""
    for bound in form:
        fields.spoken(bound)
    return {"form": form}


@register.inclusion_tag("ui/pages.html")
def pages(paging: object) -> dict[str, object]:
    """Links to the pages before and after."""
    return {"paging": paging}


@register.simple_tag(takes_context=True)
def today(context: RequestContext) -> str:
    """`Donnerstag, 26. Februar 2026, 15:58 Uhr`."""
    local = (context.get("now") or times.now()).astimezone(context["zone"])
    return f"{formats.day(local.date(), weekday=True)}, {formats.clock(local)}"


@register.simple_tag
def known(live: Any) -> str:
    """The values a live figure starts from, as JSON in an attribute."""
    return msgspec.json.encode(live.values).decode()


@register.filter
def unlocalize_number(value: float) -> str:
    """A number for scripts, never with a decimal comma."""
    return repr(float(value))


@register.filter
def unlocalize_whole(value: int) -> str:
    """A whole number for addresses, never with points between thousands."""
    return str(int(value))


@register.simple_tag
def shape(name: str) -> SafeString:
    """The small shape that stands for a kind of place."""
    return shapes.draw(name)


@register.inclusion_tag("ui/crumbs.html", takes_context=True)
def crumbs(context: RequestContext, *parts: str) -> dict[str, Any]:
    """Where the reader is: title, address, title, address, …; the last address is empty.

    At work, the page of work comes first whether it is named or not.
    """
    found = [{"title": t, "url": u} for t, u in zip(parts[::2], parts[1::2], strict=True)]
    inside = next((s for s in context.get("navigation") or () if s.here and s.key == "work"), None)
    if inside and found and found[0]["url"] != inside.url:
        found.insert(0, {"title": inside.title, "url": inside.url})
    return {"crumbs": found}


@register.simple_tag
def example_read(api: str) -> str:
    """A request that reads."""
    return f"curl '{api}/Things?$expand=Datastreams&$top=5'"


@register.simple_tag
def example_write(api: str) -> str:
    """A request that writes."""
    return (
        f"curl -X POST '{api}/Datastreams(1)/Observations' \\\n"
        "  -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\\n"
        '  -d \'{"phenomenonTime": "2026-02-26T14:58:00Z", "result": 12}\''
    )
