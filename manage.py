#!/usr/bin/env python3
"""Gilmok's one command line.

`python3 manage.py demo` and `python3 manage.py test` need nothing but Python 3.11 or newer: the first run makes .venv
from uv.lock. Only the standard library is used until then. GILMOK_NO_VENV=1 skips that (container images).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
UV = "uv>=0.13,<1"
WINDOWS = os.name == "nt"
BIN, EXE = ("Scripts", ".exe") if WINDOWS else ("bin", "")
PYTHON = VENV / BIN / f"python{EXE}"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Gilmok needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    if Path(sys.prefix).resolve() != VENV and os.environ.get("GILMOK_NO_VENV") != "1":
        prepare()
        run_inside()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line

    from config.env import BadSetting

    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        sys.exit(str(error))


def prepare() -> None:
    """Bring .venv to what uv.lock says; a stamp of both files makes it a matter of milliseconds."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "uv.lock"):
        digest.update((ROOT / name).read_bytes())
    stamp, want = VENV / ".synced", digest.hexdigest()
    if stamp.exists() and stamp.read_text() == want and PYTHON.exists():
        return
    started = time.monotonic()
    say(
        "Making the Python environment (.venv)"
        if not PYTHON.exists()
        else "Updating the Python environment (.venv)"
    )
    env = {
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    env.pop("VIRTUAL_ENV", None)
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        env.setdefault("UV_SYSTEM_CERTS", "1")  # a company's own authority is known to the machine, not to uv
    command = [find_uv(), "sync", "--frozen", "--python", sys.executable]
    if not sys.stderr.isatty():
        command.append("--quiet")
    if subprocess.run(command, cwd=ROOT, env=env).returncode:
        sys.exit("The Python environment could not be made; the lines above say why.")
    stamp.write_text(want)
    say(f"  done in {time.monotonic() - started:.0f} s")


def find_uv() -> str:
    """uv from PATH, or one of our own under .local/uv."""
    if found := shutil.which("uv"):
        return found
    home = ROOT / ".local" / "uv"
    own = home / BIN / f"uv{EXE}"
    if not own.exists():
        import venv

        try:
            venv.create(home, with_pip=True, clear=True)
        except (subprocess.CalledProcessError, ImportError):
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            sys.exit(
                "This Python can't make virtual environments: its module `ensurepip` is missing.\n"
                f"Debian and Ubuntu: apt-get install python3-venv (or python{version}-venv). Or install uv."
            )
        pip = [
            str(home / BIN / f"python{EXE}"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            UV,
        ]
        if subprocess.run(pip).returncode:
            sys.exit("uv could not be installed; the lines above say why.")
    return str(own)


def run_inside() -> None:
    command = [str(PYTHON), *sys.argv]
    if WINDOWS:
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
