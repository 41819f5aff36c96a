"""What the message steps have in common: who may be written to, when, and the row in the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from operator import attrgetter
from typing import Any, ClassVar

import msgspec
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels import eligibility
from channels.eligibility import Eligibility
from channels.models import Account
from channels.outbox import Alike, NewMessage
from content.models import Item
from journeys.document.policy import QuietHours
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.duration import DurationField
from journeys.forms.inputs import TimeOfDay, WeekdaysField
from journeys.forms.node import NodeForm
from journeys.steps.base import Context, Group, Outlet, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Json, Leave, Outcome, Outcomes, Wait
from lib.durations import Duration
from lib.fast_sql import packed
from lib.localtime import WEEKDAYS, window_end, window_start
from profiles import night
from profiles.queries import topic_choices


@dataclass(frozen=True, slots=True)
class Window:
    """Only then, by the person's clock; [from, to), may run overnight."""

    from_: time
    to: time
    weekdays: tuple[str, ...] = setting((), values=WEEKDAYS, length=7)


@dataclass(frozen=True, slots=True)
class Settings:
    """`expires`: a message not sent so long after she came here is dropped."""

    content: str = setting(length=80)
    topic: str = setting("", length=50)
    account: str | None = setting(None, length=80)
    window: Window | None = None
    expires: Duration | None = setting(None)


class SendForm(NodeForm):
    """For every medium; the subclass of a step says which."""

    medium: ClassVar[str]

    content = forms.ChoiceField(label=_("Content"), required=False)
    topic = forms.ChoiceField(
        label=_("Topic"),
        required=False,
        help_text=_("Who did not agree to the topic is skipped and goes on."),
    )
    account = forms.ChoiceField(label=_("Sent through"), required=False)
    window_from = TimeOfDay(label=_("Only from"), required=False)
    window_to = TimeOfDay(label=_("To"), required=False)
    window_days = WeekdaysField(label=_("On"))
    expires = DurationField(
        label=_("Not any more after"),
        required=False,
        help_text=_("A message held for longer than that is dropped."),
    )

    sections = (
        (_("What they get"), ["content", "topic"]),
        (_("When"), ["window_from", "window_to", "window_days", "expires"]),
        (_("How"), ["account"]),
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        window = settings.get("window") or {}
        named = {
            "window_from": window.get("from", ""),
            "window_to": window.get("to", ""),
            "window_days": window.get("weekdays", []),
        }
        return super().initial_from(settings) | named

    def bind(self) -> None:
        items = Item.objects.filter(workspace=self.workspace, medium=self.medium, archived_at=None).order_by(
            "name"
        )
        self._choose("content", _("Choose a content"), items.values_list("slug", "name"))
        self._choose("topic", _("No topic"), topic_choices(self.workspace))
        accounts = Account.objects.filter(workspace=self.workspace, medium=self.medium, is_active=True)
        self._choose(
            "account",
            _("The default"),
            [(str(key), name) for key, name in accounts.values_list("public_id", "name")],
        )

    def _choose(self, name: str, none: Any, choices: Iterable[tuple[str, str]]) -> None:
        """What the document names stays choosable, also when it is gone: nothing is changed behind one's back."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        found = list(choices)
        now = self.before.get(name)
        if now and now not in dict(found):
            found.append((now, gettext("%(name)s (gone)") % {"name": now}))
        field.choices = [("", none), *found]

    def owned_keys(self) -> list[str]:
        return ["content", "topic", "account", "window", "expires"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = {"content": cleaned.get("content", ""), "topic": cleaned.get("topic", "")}
        found |= {name: cleaned[name] for name in ("account", "expires") if cleaned.get(name)}
        if cleaned.get("window_from") and cleaned.get("window_to"):
            window = {"from": cleaned["window_from"], "to": cleaned["window_to"]}
            found["window"] = window | (
                {"weekdays": cleaned["window_days"]} if cleaned.get("window_days") else {}
            )
        return found


class SendStep(StepKind[Settings]):
    """She goes on when the message is made or skipped. While quiet hours or a window hold it she stays here, its row
    in the outbox `held`; exits and goals still apply."""

    medium: ClassVar[str]
    group, tone = Group.MESSAGES, "message"
    settings_class = Settings

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        return names.content_name(settings.content) if settings.content else gettext("No content chosen yet")

    def outlets(self, settings: Settings) -> list[Outlet]:
        return [Outlet("next", gettext("Next"))]

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not settings.content:
            yield Problem("error", "no_content", gettext("Choose what to send."), step.key, "content")
            return
        medium = context.medium_of(settings.content)
        if medium is None:
            text = gettext("The content “%(slug)s” does not exist.") % {"slug": settings.content}
            yield Problem("error", "unknown_content", text, step.key, "content")
        elif medium != self.medium:
            text = gettext("The content “%(slug)s” is for another kind of message.") % {
                "slug": settings.content
            }
            yield Problem("error", "wrong_medium", text, step.key, "content")

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        world = visits.world
        leaving = world.leaving(visits)
        with packed():
            asked = eligibility.ask(world.workspace_id, self.medium, settings.topic, visits.profile_ids, now)
            pinned = world.pin(settings.content)
        eligible, content = asked(), pinned()
        if held := world.held_out(visits):
            eligible = [
                msgspec.structs.replace(may, reason="holdout") if row in held else may
                for row, may in enumerate(eligible)
            ]
        quiet = world.quiet_hours(visits)
        timed = quiet is not None or settings.window is not None
        by_day = self.medium in night.HELD and any(may.night for may in eligible)
        zones = world.zones(visits) if timed or by_day else []
        mornings: dict[tzinfo, datetime] = {}
        account = world.account(settings.account) if settings.account else None
        skip_outlet = "not_sent" if "not_sent" in visits.step.next else "next"
        created: Outcome = Go("next", message={"state": "created"})
        skipped: dict[str, Outcome] = {}
        found: list[Outcome] = []
        common = NewMessage(
            workspace_id=world.workspace_id,
            profile_id=0,
            medium=self.medium,
            created_at=now,
            due_at=now,
            journey_id=visits.journey_id,
            version_id=visits.version_id,
            step=visits.step.key,
            account_id=account,
            content_version_id=content,
            topic=settings.topic,
            transactional=bool(eligible) and eligible[0].transactional,
        )
        messages: list[NewMessage] = []
        alike = Alike(common, [])  # those that simply go out now: nearly all of a big batch
        wakes, arrivals = visits.wakes, visits.arrived_at
        if not timed and not by_day and settings.expires is None and content is not None:
            going = _all_go(visits, eligible, leaving)
            if going is not None:
                alike.rows = going
                world.write_messages(messages, alike, [])
                return [created] * len(visits)
        profiles, enrolments, seqs = visits.profile_ids, visits.enrolment_ids, visits.seqs
        texts = list(zip(visits.entry_texts, visits.context_texts, strict=True))
        for row, (may, leave) in enumerate(zip(eligible, leaving, strict=True)):
            if leave is not None:
                found.append(leave)
                continue
            own = content if wakes[row] is None else _kept(texts[row][1], seqs[row]) or content
            dark, where = False, None
            if may.night:
                where = zones[row]
                if where not in mornings:
                    mornings[where] = night.over(now, where)
                dark = mornings[where] > now
            waits = timed or dark or settings.expires is not None
            if may.reason is None and own is content is not None and not waits:
                found.append(created)
                variables = _variables(*texts[row], where)
                alike.rows.append(
                    (profiles[row], enrolments[row], seqs[row], may.address, may.locale, variables)
                )
                continue
            arrived = now if wakes[row] is None else arrivals[row]
            expires = settings.expires.after(arrived) if settings.expires else None
            reason, due, why = may.reason, now, "quiet_hours"
            if reason is None and own is None:
                reason = "render_error"
            if reason is None and (timed or dark):
                hours = None if may.transactional else quiet
                due, why, skip = self._when(settings, hours, zones[row], now, by_day=may.night)
                reason = why if skip else None
            if reason is None and expires is not None and due >= expires:
                reason = "expired"
            state = "skipped" if reason else "created" if due <= now else "held"
            if state == "created":
                found.append(created)
            elif reason:
                passed = Go(skip_outlet, message={"state": "skipped", "reason": reason})
                found.append(skipped.setdefault(reason, passed))
            else:
                note: Json = {"state": "held", "reason": why, "until": due.isoformat()}
                found.append(Wait(due, message=note))
            messages.append(
                replace(
                    common,
                    profile_id=profiles[row],
                    enrolment_id=enrolments[row],
                    seq=seqs[row],
                    content_version_id=own,
                    due_at=due,
                    address=may.address,
                    locale=may.locale,
                    variables=msgspec.json.decode(_variables(*texts[row], where)),
                    state=state,
                    reason=reason or (why if state == "held" else ""),
                    expires_at=expires,
                )
            )
        woken = [(enrolments[row], seqs[row]) for row, wake in enumerate(wakes) if wake is not None]
        world.write_messages(messages, alike, woken)
        return found

    def due_again(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        """What holds a message back is looked at anew, at once."""
        wait: Outcome = Wait(now)
        return [wait] * len(visits)

    def _when(
        self, settings: Settings, quiet: QuietHours | None, zone: tzinfo, now: datetime, *, by_day: bool
    ) -> tuple[datetime, str, bool]:
        """The first moment that neither quiet hours nor the night (`by_day`) nor the window forbid, what held it last,
        and whether it is skipped instead."""
        moment, why = now, "quiet_hours"
        for _turn in range(20):
            before = moment
            if quiet is not None:
                moment = window_end(moment, zone, quiet.from_, quiet.to)
                if moment > before:
                    why = "quiet_hours"
                    if quiet.then == "skip":
                        return now, why, True
            if by_day and (morning := night.over(moment, zone)) > moment:
                moment, why = morning, night.REASON
            if settings.window is not None:
                window = settings.window
                moment = window_start(moment, zone, window.from_, window.to, window.weekdays)
            if moment == before:
                return moment, why, False
        return now, why, True  # the window lies wholly within the quiet hours, or the night


def _all_go(
    visits: Visits, eligible: Sequence[Eligibility], leaving: Sequence[Leave | None]
) -> list[tuple[int, int, int, str, str, str]] | None:
    """The messages where all of them simply go out now; None where anybody's case is another."""
    if any(map(_reason, eligible)) or any(leaving) or any(visits.wakes):
        return None
    return list(
        zip(
            visits.profile_ids,
            visits.enrolment_ids,
            visits.seqs,
            map(_address, eligible),
            map(_locale, eligible),
            map(_variables, visits.entry_texts, visits.context_texts),
            strict=True,
        )
    )


_reason, _address, _locale = attrgetter("reason"), attrgetter("address"), attrgetter("locale")


def _kept(context: str, seq: int) -> int | None:
    """The content of a message that was held when the person was moved to another version (engine.move): it stays."""
    if '"$held"' not in context:
        return None
    at, content = msgspec.json.decode(context)["$held"]
    return int(content) if at == seq else None


def _variables(entry: str, context: str, where: tzinfo | None = None) -> str:
    """What templates read of an enrolment, as JSON; the engine's own notes in the context start with "$".

    `where`: whose night it is when the message leaves (channels.claim)."""
    if '"$' in context:
        whole = msgspec.json.decode(context)
        shown = {name: value for name, value in whole.items() if not name.startswith("$")}
        context = msgspec.json.encode(shown).decode()
    if where is None:
        return f'{{"entry":{entry},"context":{context}}}'
    return f'{{"entry":{entry},"context":{context},"$zone":"{where}"}}'
