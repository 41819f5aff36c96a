"""`manage.py doctor`: what is wrong with this installation, what it means and how to mend it."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.operations import doctor
from lib import clock

WORDS = {"ok": "ok", "warn": "WARN", "fail": "FAIL"}


class Command(BaseCommand):
    help = "Looks at settings, host, database, workers and channels; sends nothing. Exit code 1 when anything fails."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "area", nargs="*", choices=[[], *doctor.AREAS], metavar="area", help=", ".join(doctor.AREAS)
        )
        parser.add_argument("--json", action="store_true", help="one JSON array, for machines")

    def handle(self, *args: Any, area: list[str], **options: Any) -> None:
        found = []
        for where, finding in doctor.examine(clock.now(), area or doctor.AREAS):
            found.append({"area": where, **asdict(finding)})
            if not options["json"]:
                self.stdout.write(f"{WORDS[finding.state]:<5}{where}: {finding.name}: {finding.text}")
                if finding.mend:
                    self.stdout.write(f"     -> {finding.mend}")
                self.stdout.flush()
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            bad = {state: sum(one["state"] == state for one in found) for state in ("warn", "fail")}
            self.stdout.write(f"{len(found)} looked at, {bad['warn']} to watch, {bad['fail']} to mend")
        if any(one["state"] == "fail" for one in found):
            sys.exit(1)
