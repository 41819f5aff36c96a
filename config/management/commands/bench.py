"""`manage.py bench [name ...]`: the benchmarks of benchmarks/, one JSON object a line on standard output."""

import importlib.util
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Runs the benchmarks: each compares the product with a plain statement on the same database, in one run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="name", help="default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        there = {
            path.stem: path
            for path in sorted((settings.ROOT / "benchmarks").glob("*.py"))
            if not path.stem.startswith("_")
        }
        unknown = [name for name in options["names"] if name not in there]
        if unknown:
            raise CommandError(f"No benchmark {', '.join(unknown)}; there are: {', '.join(there)}")
        missed = []
        for name in options["names"] or there:
            print(f"{name} …", file=sys.stderr, flush=True)
            spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", there[name])
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            result = {"name": name, **module.run()}
            print(json.dumps(result), flush=True)
            if result.get("passed") is False:
                missed.append(name)
        if missed:
            raise CommandError(f"Below the goal: {', '.join(missed)}")
