"""`manage.py sample_data`: the sample workspace, once; again only points its channels at the demo's present ports, and
finishes what an interrupted run left undone."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from config.sample import company, contents, journeys, own_ways, people, segments
from lib import clock
from profiles.models import Event
from workspaces.models import Team, Workspace


class Command(BaseCommand):
    help = "Makes the sample workspace (colleagues, customers, contents, journeys) and writes sample.json."

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        target = Path(settings.VAR) / "sample.json"
        workspace = Workspace.objects.filter(slug="sonamu").first()
        if workspace is None:
            workspace, keys = _make(now)
            _write(target, keys)
            said = f"Made {workspace.name} with {people.COUNT} customers."
        else:
            company.channels(
                workspace, {team.slug: team for team in Team.objects.filter(workspace=workspace)}
            )
            if not target.exists():
                _write(target, company.keys(workspace, now))
            said = "The sample workspace is there already; its channels point at the mailbox again."
        if not Event.objects.filter(workspace_id=workspace.pk, message_id=journeys.FIRST_CALL).exists():
            journeys.walk(workspace, now)
        self.stdout.write(said)


def _make(now: datetime) -> tuple[Workspace, dict[str, Any]]:
    with transaction.atomic():
        workspace, teams = company.make(now)
        company.channels(workspace, teams)
        keys = company.keys(workspace, now)
        people.make(workspace, now)
        contents.make(workspace, teams)
        journeys.make(workspace, teams, now)
        own_ways.make(workspace, teams, now)
        segments.make(workspace, now)
    return workspace, keys


def _write(target: Path, keys: dict[str, Any]) -> None:
    """Whole or not at all: whoever finds the file may rely on it."""
    part = target.with_suffix(".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    part.touch(mode=0o600)
    part.write_text(json.dumps(keys, indent=2, ensure_ascii=False) + "\n")
    part.replace(target)
