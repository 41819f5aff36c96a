"""`manage.py verify`: format, lint, types, migrations, import contract, front end, translations."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.embedded import node
from config.translations import missing_translations

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent


def _command(*command: str) -> Callable[[], str]:
    def check() -> str:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip() or "failed" if done.returncode else ""

    return check


def _node(*command: str) -> Callable[[], str]:
    def check() -> str:
        try:
            node.install()
            node.run(*command)
        except node.NodeError as error:
            return str(error)
        return ""

    return check


CHECKS: dict[str, Callable[[], str]] = {
    "format": _command(str(BIN / "ruff"), "format", "--check", "."),
    "lint": _command(str(BIN / "ruff"), "check", "--output-format", "concise", "."),
    "types": _command(sys.executable, "-m", "mypy", "."),
    "migrations": _command(
        sys.executable, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"
    ),
    "imports": _command(str(BIN / "lint-imports"), "--no-cache"),
    "typescript": _node("node_modules/typescript/bin/tsc", "--noEmit"),
    "canvas": _node("node_modules/vitest/vitest.mjs", "run", "--reporter", "dot"),
    "translations": missing_translations,
}


class Command(BaseCommand):
    help = "Checks that need no running product; one line each, exit code 1 when any fails."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("only", nargs="*", choices=[[], *CHECKS], metavar="check", help=", ".join(CHECKS))

    def handle(self, *args: Any, only: list[str], **options: Any) -> None:
        failed = 0
        for name in only or CHECKS:
            began = time.monotonic()
            trouble = CHECKS[name]()
            failed += bool(trouble)
            seconds = time.monotonic() - began
            self.stdout.write(f"{'FAILED' if trouble else 'ok':<7} {name} ({seconds:.1f} s)")
            if trouble:
                self.stdout.write("\n".join(f"        {line}" for line in trouble.splitlines()))
            self.stdout.flush()
        if failed:
            sys.exit(1)
