"""The demo that runs now, if one does: so that other commands meant for this machine find its database.

`python3 manage.py import_people people.csv` beside a running demo works without any setting.
"""

import json
import os
from pathlib import Path

NAMES = ("GILMOK_DATABASE_URL", "GILMOK_BROKER_URL", "GILMOK_BASE_URL", "GILMOK_HTTP_ALLOWED_HOSTS")


def record(var: Path, env: dict[str, str]) -> None:
    path = _path(var)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"pid": os.getpid(), **{name: env[name] for name in NAMES if name in env}}))


def forget(var: Path) -> None:
    _path(var).unlink(missing_ok=True)


def adopt(var: Path) -> None:
    """Take over the running demo's addresses where the environment names none of its own."""
    if "GILMOK_DATABASE_URL" in os.environ or "GILMOK_DATABASE_URL_FILE" in os.environ:
        return
    try:
        found = json.loads(_path(var).read_text())
        os.kill(found.pop("pid"), 0)
    except (OSError, ValueError, KeyError):
        return
    for name, value in found.items():
        os.environ.setdefault(name, value)


def _path(var: Path) -> Path:
    return var / "running.json"
