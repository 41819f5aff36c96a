"""`manage.py sample_data`: the sample workspace, once; again only points its channels at the demo's present ports."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from config.sample import company, contents, journeys, people
from lib import clock
from workspaces.models import Team, Workspace


class Command(BaseCommand):
    help = "Makes the sample workspace (colleagues, customers, contents, journeys) and writes sample.json."

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        workspace = Workspace.objects.filter(slug="sonamu").first()
        if workspace is not None:
            company.channels(workspace, {team.slug: team for team in Team.objects.filter(workspace=workspace)})
            self.stdout.write("The sample workspace is there already; its channels point at the mailbox again.")
            return
        with transaction.atomic():
            workspace, teams = company.make(now)
            company.channels(workspace, teams)
            keys = company.keys(workspace, now)
            people.make(workspace, now)
            contents.make(workspace, teams)
            journeys.make(workspace, teams, now)
        journeys.walk(workspace, now)
        target = Path(settings.VAR) / "sample.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        target.write_text(json.dumps(keys, indent=2, ensure_ascii=False) + "\n")
        self.stdout.write(f"Made {workspace.name} with {people.COUNT} customers.")
