"""A message that would go out is sent at that moment, and looks as the customer would see it then.

Whether it can be made is found out with all that is known of her; it is shown with what the reader may see of that.
"""

from typing import TYPE_CHECKING

from channels import rendering
from channels.models import Message
from journeys.steps.outcomes import Json
from profiles import masking
from profiles.models import Profile

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run


def send_new(run: "Run") -> None:
    fresh = list(Message.objects.filter(journey_id=run.found.journey_id, state="created").order_by("id"))
    profile = Profile.objects.get(pk=run.profile.pk)
    people = {profile.pk: {**profile.attributes, "id": str(profile.public_id)}}
    seen = _seen(run, fresh, profile, people[profile.pk])
    for message, answer in zip(fresh, rendering.render(fresh, people), strict=True):
        if isinstance(answer, Exception):
            run.sent[message.pk] = {"error": str(answer)}
            Message.objects.filter(pk=message.pk).update(
                state="skipped", reason="render_error", error=str(answer)[:2000]
            )
        else:
            run.sent[message.pk] = seen.get(message.pk) or {"content": dict(answer.data)}
            Message.objects.filter(pk=message.pk).update(state="sent", sent_at=message.created_at)
            _expect_reactions(run, message)


def _seen(run: "Run", fresh: list[Message], profile: Profile, known: Json) -> dict[int, Json]:
    """How they look to a reader who may not see all of her; nothing where that is the same."""
    shown = masking.person(profile, run.show) if run.show is not None else known
    if not fresh or shown == known:
        return {}
    rendered = zip(fresh, rendering.render(fresh, {profile.pk: shown}), strict=True)
    return {
        message.pk: {"error": str(answer)}
        if isinstance(answer, Exception)
        else {"content": dict(answer.data)}
        for message, answer in rendered
    }


def _expect_reactions(run: "Run", message: Message) -> None:
    for reaction in run.reactions:
        if reaction.step == message.step:
            happening = {"message": reaction.step, "happened": reaction.what, "of": message.pk}
            run.expect(reaction.after.after(message.created_at), happening)
