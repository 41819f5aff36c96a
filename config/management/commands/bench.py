"""`manage.py bench [name ...]`: the benchmarks of benchmarks/, one JSON object a line on standard output.

They run on a database and a broker of their own, durable as in production, that are gone afterwards.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.embedded import children
from config.embedded.broker import Broker
from config.embedded.postgres import Postgres

INSIDE = "GILMOK_BENCH_INSIDE"


class Command(BaseCommand):
    help = "Runs the benchmarks: each compares the product with plain statements on the same database, in one run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="name", help="default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        there = _benchmarks()
        names: list[str] = options["names"] or list(there)
        unknown = [name for name in names if name not in there]
        if unknown:
            raise CommandError(f"No benchmark {', '.join(unknown)}; there are: {', '.join(there)}")
        if os.environ.get(INSIDE) != "1":
            sys.exit(_with_services(names))
        missed = [name for name in names if not _run(name, there[name])]
        if missed:
            raise CommandError(f"Below the goal: {', '.join(missed)}")


def _benchmarks() -> dict[str, ModuleType]:
    found = {}
    for path in sorted((settings.ROOT / "benchmarks").glob("*.py")):
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "run"):
            found[path.stem] = module
    return found


def _run(name: str, module: ModuleType) -> bool:
    """Prints the result; False where it misses its goal ("passed": false)."""
    print(f"{name} …", file=sys.stderr, flush=True)
    result = {"bench": name, **module.run()}
    print(json.dumps(result), flush=True)
    return result.get("passed") is not False


def _with_services(names: list[str]) -> int:
    home = settings.VAR / "bench"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    home.chmod(0o711)  # the database may run as another account
    try:
        with Postgres(home / "postgres") as postgres, Broker(home / "broker", durable=False) as broker:
            env = {
                **os.environ,
                INSIDE: "1",
                "GILMOK_DATABASE_URL": postgres.url,
                "GILMOK_BROKER_URL": broker.url,
                "GILMOK_VAR": str(home / "var"),
                "GILMOK_LOG_LEVEL": "warning",
            }
            manage = [sys.executable, str(settings.ROOT / "manage.py")]
            subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
            process = subprocess.Popen([*manage, "bench", *names], env=env)
            try:
                return process.wait()
            finally:
                children.stop(process)
    except subprocess.CalledProcessError as error:
        raise CommandError("The tables could not be made; the lines above say why.") from error
    finally:
        shutil.rmtree(home, ignore_errors=True)
