"""Workspace caps: at most so many messages to one person in a day or a week, of one medium or of all. Messages of a
transactional topic are exempt, and do not count.

A day is any 24 hours, a week any seven days, whatever the clock says. The engine asks before it makes a message, and
the sender asks again before it sends one: of several made at the same moment those made first go out.
"""

from datetime import datetime
from typing import Any

from workspaces import audit
from workspaces.actor import Actor
from workspaces.models import Workspace

PER = ("day", "week")
EVERY = "*"
MOST = 1000


def reached(*, workspace: str, person: str, medium: str, now: str, earlier: str = "true") -> str:
    """SQL that is true when the person has had enough. `workspace` is the alias of the workspace's row, the others are
    expressions; `earlier` says of `had`, a message not sent yet, whether it goes before the one in question.

    Whoever has no caps pays for one comparison."""
    return f"""
        {workspace}.message_caps <> '[]' and exists (
            select 1 from jsonb_to_recordset({workspace}.message_caps) cap(medium text, count bigint, per text)
            where cap.medium in ('*', {medium}) and cap.count <= (
                select count(*) from (
                    select 1 from channels_message had
                    where had.profile_id = {person} and had.workspace_id = {workspace}.id
                        and had.created_at > {now} - interval '14 days' and had.created_at <= {now}
                        and not had.transactional and (cap.medium = '*' or had.medium = cap.medium)
                        and (
                            had.state in ('sent', 'delivered')
                                and had.sent_at > {now} - case cap.per when 'week' then interval '7 days'
                                    else interval '1 day' end
                            or had.state = 'created' and not had.frozen and {earlier}
                        )
                    limit cap.count
                ) enough
            )
        )
    """


def of(workspace: Workspace) -> dict[tuple[str, str], int]:
    """(medium, per) -> count."""
    return {(cap["medium"], cap["per"]): cap["count"] for cap in workspace.message_caps}


def change(actor: Actor, caps: dict[tuple[str, str], int], now: datetime) -> None:
    """Sets the workspace's caps; they hold from the next message on."""
    rows: list[dict[str, Any]] = [
        {"medium": medium, "per": per, "count": count} for (medium, per), count in sorted(caps.items())
    ]
    if rows == actor.workspace.message_caps:
        return
    Workspace.objects.filter(pk=actor.workspace.pk).update(message_caps=rows)
    audit.record(actor, "message_caps.changed", actor.workspace, {"caps": rows}, at=now)
