"""The workspace's secrets by name. Templates get at them one by one, and notes are taken of which they used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from journeys.models import Secret
from journeys.webhooks import signing
from lib import secrets
from workspaces import audit
from workspaces.actor import Actor

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Kept:
    value: str
    host: str = ""


class Vault(Mapping[str, str]):
    """What a template sees as `secrets`. It can't be listed: only who knows a name gets a value."""

    def __init__(self, known: Mapping[str, Kept], *, masked: bool = False) -> None:
        self._known, self._masked = known, masked
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.used.add(name)
        kept = self._known[name]
        return MASK if self._masked else kept.value

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def missing(self) -> list[str]:
        return sorted(name for name in self.used if name not in self._known)

    def signing_only(self) -> list[str]:
        """Used ones that name no host: they sign calls, to whomever, and are never told to anybody."""
        return sorted(n for n in self.used if n in self._known and not self._known[n].host)

    def not_for(self, host: str) -> list[str]:
        """Used ones that another host than this is to get."""
        return sorted(n for n in self.used if n in self._known and self._known[n].host not in ("", host))


def load(workspace_ids: list[int]) -> dict[int, dict[str, Kept]]:
    """By workspace and name; one query. A value that can't be decrypted any more is as good as gone."""
    found: dict[int, dict[str, Kept]] = {id_: {} for id_ in workspace_ids}
    for row in Secret.objects.filter(workspace_id__in=workspace_ids):
        try:
            found[row.workspace_id][row.name] = Kept(secrets.decrypt(row.value), row.host)
        except secrets.Undecryptable:
            continue
    return found


def names(workspace_id: int) -> list[str]:
    return list(hosts(workspace_id))


def hosts(workspace_id: int) -> dict[str, str]:
    """name -> the only host that gets it; "": it only signs."""
    return dict(Secret.objects.filter(workspace_id=workspace_id).values_list("name", "host"))


def save(actor: Actor, name: str, value: str, host: str, now: datetime) -> tuple[Secret, str]:
    """Makes or replaces it. Without a value one is made up, and handed back to be shown once."""
    made = "" if value else signing.fresh()
    with transaction.atomic():
        secret, new = Secret.objects.update_or_create(
            workspace=actor.workspace,
            name=name,
            defaults={"value": secrets.encrypt(value or made), "host": host.lower(), "changed_at": now},
            create_defaults={
                "value": secrets.encrypt(value or made), "host": host.lower(), "changed_at": now, "created_at": now,
                "created_by": actor.user,
            },
        )  # fmt: skip
        audit.record(actor, "secret.created" if new else "secret.changed", secret, at=now)
    return secret, made


def delete(actor: Actor, secret: Secret, now: datetime) -> None:
    with transaction.atomic():
        audit.record(actor, "secret.deleted", secret, at=now)
        secret.delete()


def usage(workspace_id: int, wanted: list[str]) -> dict[str, list[str]]:
    """name -> names of the journeys whose draft mentions it. For a page of a few secrets."""
    from journeys.models import Journey

    found: dict[str, list[str]] = {name: [] for name in wanted}
    rows: Any = Journey.objects.filter(workspace_id=workspace_id, draft__steps__isnull=False)
    for title, draft in rows.exclude(state="archived").values_list("name", "draft"):
        steps = draft.get("steps") if isinstance(draft, dict) else None
        for step in steps.values() if isinstance(steps, dict) else ():
            if not isinstance(step, dict) or step.get("kind") != "call_webhook":
                continue
            text = str(step.get("settings"))
            signed = (
                (step.get("settings") or {}).get("secret") if isinstance(step.get("settings"), dict) else None
            )
            for name in wanted:
                if (name == signed or f"secrets.{name}" in text) and title not in found[name]:
                    found[name].append(title)
    return found
