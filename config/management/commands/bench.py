"""`manage.py bench [name ...]`: the benchmarks of benchmarks/, one JSON object a line on standard output.

With `--runs 5` each runs as often and a last line has the median and the spread of what it measured, beside the goal:
it is the medians that reach the goals or miss them. `--set rows=50000000` hands a benchmark another size than its own.

They run on a database and a broker of their own, durable as in production, that are gone afterwards.
"""

import importlib
import inspect
import json
import os
import shutil
import statistics
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
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
        parser.add_argument("--runs", type=int, default=1, help="so many times each; the median counts")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=NUMBER", help="a size: --set rows=50000000"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        there = _benchmarks()
        names: list[str] = options["names"] or list(there)
        unknown = [name for name in names if name not in there]
        if unknown:
            raise CommandError(f"No benchmark {', '.join(unknown)}; there are: {', '.join(there)}")
        runs, sizes = options["runs"], _sizes(options["set"])
        if runs < 1:
            raise CommandError("--runs must be 1 or more")
        if foreign := [
            size
            for size in sizes
            for name in names
            if size not in inspect.signature(there[name].run).parameters
        ]:
            raise CommandError(
                f"Not every one of these benchmarks has a size called {', '.join(sorted(set(foreign)))}"
            )
        if os.environ.get(INSIDE) != "1":
            again = [f"--runs={runs}", *(f"--set={size}" for size in options["set"])]
            sys.exit(_with_services([*names, *again]))
        missed = [name for name in names if not _run(name, there[name], runs, sizes)]
        if missed:
            raise CommandError(f"Below the goal: {', '.join(missed)}")


def _benchmarks() -> dict[str, ModuleType]:
    found = {}
    for path in sorted((settings.ROOT / "benchmarks").glob("*.py")):
        module = importlib.import_module(f"benchmarks.{path.stem}")
        if hasattr(module, "run"):
            found[path.stem] = module
    return found


def _sizes(given: Sequence[str]) -> dict[str, int]:
    found = {}
    for each in given:
        name, _sign, value = each.partition("=")
        if not value.isdecimal():
            raise CommandError(f"--set {each}: it wants a name and a whole number, as in rows=1000000")
        found[name] = int(value)
    return found


def _run(name: str, module: ModuleType, runs: int, sizes: dict[str, int]) -> bool:
    """Prints what was found; False where it misses its goal ("passed": false)."""
    found = []
    for turn in range(runs):
        print(f"{name} …" if runs == 1 else f"{name} {turn + 1}/{runs} …", file=sys.stderr, flush=True)
        found.append({"bench": name, **module.run(**sizes)})
        print(json.dumps(found[-1]), flush=True)
    if runs == 1:
        return found[0].get("passed") is not False
    result = summary(found)
    print(json.dumps(result), flush=True)
    return result.get("passed") is not False


def summary(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several runs of one benchmark as one: for each figure that was measured the median and in `spread` the lowest and
    the highest. What was the same in all of them (sizes, goals) stands as it is; `passed` as in most of the runs, which
    for a goal on one figure is what the median of it says."""
    first, found = results[0], dict[str, Any]()
    spread: dict[str, Any] = {}
    for key, value in first.items():
        every: list[Any] = [result.get(key) for result in results]
        if isinstance(value, bool):
            found[key] = sum(map(bool, every)) * 2 > len(every)
        elif all(isinstance(one, int | float) for one in every):
            found[key] = statistics.median(every)
            if min(every) != max(every):
                spread[key] = [min(every), max(every)]
        elif all(isinstance(one, dict) for one in every):
            found[key] = summary(every)
        elif all(one == value for one in every):
            found[key] = value
    if "bench" in first:
        found["runs"] = len(results)
    return found | ({"spread": spread} if spread else {})


def _with_services(arguments: list[str]) -> int:
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
            process = subprocess.Popen([*manage, "bench", *arguments], env=env)
            try:
                return process.wait()
            finally:
                children.stop(process)
    except subprocess.CalledProcessError as error:
        raise CommandError("The tables could not be made; the lines above say why.") from error
    finally:
        shutil.rmtree(home, ignore_errors=True)
