"""What both import commands share: arguments, the progress bar, the words at the end."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from lib import clock
from profiles.importing import run
from profiles.importing.records import WrongHeader
from profiles.models import Source
from profiles.segment_calls import Refused
from workspaces.models import Workspace


class ImportCommand(BaseCommand):
    take_in: ClassVar[Callable[..., run.Progress]]
    noun: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", help="its slug; needed where there is more than one")
        parser.add_argument("--source", default="File import", help="the source these rows appear under")
        parser.add_argument(
            "--announce", action="store_true", help="let what is taken in start and move journeys"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: there is no such file")
        workspace = self._workspace(options["workspace"])
        source, _ = Source.objects.get_or_create(
            workspace=workspace, name=options["source"], defaults={"kind": "file"}
        )
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[taken]:,} " + self.noun),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
        )
        try:
            with bar:
                task = bar.add_task(path.name, total=path.stat().st_size, taken=0)
                progress = type(self).take_in(
                    path,
                    source,
                    clock.now(),
                    announce=options["announce"],
                    moved=lambda p: bar.update(task, completed=p.offset, taken=p.taken),
                )
        except (WrongHeader, Refused) as error:
            raise CommandError(f"{path.name}: {error}") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped. The same command goes on where this one ended.") from None
        self.stdout.write(f"{progress.taken:,} {self.noun} taken in")
        if progress.known:
            self.stdout.write(f"{progress.known:,} were here already")
        if progress.rejected:
            self.stdout.write(f"{progress.rejected:,} rejected: {run.rejects_path(path)} says why")

    def _workspace(self, slug: str | None) -> Workspace:
        rows = Workspace.objects.order_by("id")
        if slug:
            found = rows.filter(slug=slug).first()
            if found is None:
                raise CommandError(f"There is no workspace {slug!r}.")
            return found
        there = list(rows[:2])
        if len(there) != 1:
            slugs = ", ".join(rows.values_list("slug", flat=True)[:20])
            raise CommandError(
                f"Say which: --workspace one of {slugs}" if there else "There is no workspace yet."
            )
        return there[0]
