"""Topics and channels: what people may say yes or no to."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import night, topic_uses, topics
from profiles.models import Topic
from profiles.privacy_forms import TopicForm, media
from workspaces.access import require
from workspaces.actor import Actor


@require_GET
def consent(request: HttpRequest) -> HttpResponse:
    """The matrix: a row a topic, a column a channel."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "people.view")
    rows = list(Topic.objects.filter(workspace=actor.workspace))
    columns = media()
    shown = [
        {
            "topic": topic,
            "cells": [(label, not topic.media or key in topic.media) for key, label in columns],
            "uses": topic_uses.of(actor.workspace.pk, topic.slug),
        }
        for topic in rows
        if not topic.archived_at
    ]
    context = {
        "rows": shown,
        "archived": [topic for topic in rows if topic.archived_at],
        "columns": columns,
        "manages": actor.can("privacy.manage"),
        "night": actor.workspace.night_consent,
        "tab": "consent",
    }
    return render(request, "profiles/consent.html", context)


@require_POST
def at_night(request: HttpRequest) -> HttpResponse:
    """on=1: advertising at night needs a consent of its own from now on."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "privacy.manage")
    night.switch(actor, request.POST.get("on") == "1", clock.now())
    messages.success(request, _("Saved."))
    return redirect("privacy:consent")


def create(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "privacy.manage")
    form = TopicForm(request.POST if request.method == "POST" else None, workspace=actor.workspace)
    if request.method == "POST" and form.is_valid():
        topic = topics.create(actor, form.cleaned_data, clock.now())
        messages.success(request, _("The topic “%(name)s” is there.") % {"name": topic.shown_name})
        return redirect("privacy:consent")
    return _form(request, form, None)


def edit(request: HttpRequest, topic_id: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    topic = _topic(actor, topic_id)
    require(actor, "privacy.manage")
    form = TopicForm(
        request.POST if request.method == "POST" else None, workspace=actor.workspace, topic=topic
    )
    if request.method == "POST" and form.is_valid():
        topics.change(actor, topic, form.cleaned_data, clock.now())
        messages.success(request, _("Saved."))
        return redirect("privacy:consent")
    return _form(request, form, topic)


@require_POST
def archive(request: HttpRequest, topic_id: int) -> HttpResponse:
    """With `back`: takes it out of the archive."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    topic = _topic(actor, topic_id)
    require(actor, "privacy.manage")
    if request.POST.get("back"):
        topics.restore(actor, topic, clock.now())
        return redirect("privacy:consent")
    try:
        topics.archive(actor, topic, clock.now())
    except topics.InUse as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The topic “%(name)s” is archived.") % {"name": topic.shown_name})
    return redirect("privacy:consent")


@require_POST
def place(request: HttpRequest, topic_id: int) -> HttpResponse:
    """step -1: one up, 1: one down."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    topic = _topic(actor, topic_id)
    require(actor, "privacy.manage")
    topics.move(actor, topic, -1 if request.POST.get("step") == "-1" else 1)
    return redirect("privacy:consent")


def _topic(actor: Actor, topic_id: int) -> Topic:
    topic = Topic.objects.filter(workspace=actor.workspace, pk=topic_id).first()
    if topic is None:
        raise Http404("No such topic")
    return topic


def _form(request: HttpRequest, form: TopicForm, topic: Topic | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "topic": topic, "tab": "consent"}
    return render(request, "profiles/topic.html", context, status=422 if form.is_bound else 200)
