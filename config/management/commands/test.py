"""`python3 manage.py test [pytest's arguments]`: gets what the tests need, then runs pytest.

Without arguments all of them run, in parallel; with arguments exactly what pytest is told.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from config.embedded import browser, node, translations

ROOT = Path(__file__).resolve().parents[3]


class Command(BaseCommand):
    help = "Everything that the tests need, then the tests: manage.py test [pytest's arguments]"
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def run_from_argv(self, argv: list[str]) -> None:
        # pytest's own options (-k, -x, -v, ...) must not meet Django's parser.
        if argv[2:] in (["--help"], ["-h"]):
            return super().run_from_argv(argv)
        try:
            prepare(lambda text: print(f"{text} …", file=sys.stderr, flush=True))
        except (node.NodeError, browser.NoBrowser, translations.TranslationError) as error:
            sys.exit(str(error))
        sys.exit(run(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """Only for --help: run_from_argv does the work."""


def prepare(say: Any) -> None:
    node.build(say)
    translations.compile_all()
    browser.ensure(say)


def run(arguments: list[str]) -> int:
    # Services of the demo or of production must not be the tests'.
    names = ("GILMOK_DATABASE_URL", "GILMOK_BROKER_URL", "GILMOK_BASE_URL", "DJANGO_SETTINGS_MODULE")
    env = {name: value for name, value in os.environ.items() if name not in names}
    if url := os.environ.get("GILMOK_TEST_DATABASE_URL"):
        env["GILMOK_DATABASE_URL"] = url
    if url := os.environ.get("GILMOK_TEST_BROKER_URL"):
        env["GILMOK_BROKER_URL"] = url
    processes = str(min(4, max(2, os.cpu_count() or 2)))
    whole = ["-n", processes, "--dist", "worksteal", "-q"]
    command = [sys.executable, "-m", "pytest", *(arguments or whole)]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
