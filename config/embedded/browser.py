"""Finds a Chromium for the browser tests, or gets one.

In this order: GILMOK_CHROMIUM; chromium, google-chrome or msedge on PATH; one that this file unpacked before; Debian's
package, as root; the headless build of the npm package @sparticuz/chromium (linux x64), unpacked under .local/.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import node

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".local" / "chromium"
NPM_PACKAGE = "@sparticuz/chromium@153.0.0"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ARGUMENTS = [
    "--no-sandbox",  # a must as root; the tests load nothing but the product
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
]
UNPACK = """
import fs from "node:fs"; import zlib from "node:zlib"; import path from "node:path";
import { execFileSync } from "node:child_process";
const [from, to] = process.argv.slice(2);
const inflate = (name) => zlib.brotliDecompressSync(fs.readFileSync(path.join(from, name)));
fs.mkdirSync(to, { recursive: true });
fs.writeFileSync(path.join(to, "libraries.tar"), inflate("al2023.tar.br"));
execFileSync("tar", ["xf", "libraries.tar"], { cwd: to });
fs.rmSync(path.join(to, "libraries.tar"));
fs.writeFileSync(path.join(to, "chromium"), inflate("chromium.br"), { mode: 0o755 });
"""


class NoBrowser(RuntimeError):
    pass


@dataclass(frozen=True)
class Browser:
    path: Path
    env: dict[str, str] = field(default_factory=dict)


def find() -> Browser | None:
    """A browser that is here already."""
    if given := os.environ.get("GILMOK_CHROMIUM"):
        if not Path(given).exists():
            raise NoBrowser(f"GILMOK_CHROMIUM names {given}, which is not there")
        return Browser(Path(given))
    if found := next((path for name in NAMES if (path := shutil.which(name))), None):
        return Browser(Path(found))
    if found := next((path for path in MAC if Path(path).exists()), None):
        return Browser(Path(found))
    if (HOME / "chromium").exists():
        return Browser(HOME / "chromium", {"LD_LIBRARY_PATH": str(HOME / "lib")})
    return None


def ensure(say: Callable[[str], None]) -> Browser:
    """The same, got first where there is none."""
    if found := find():
        return found
    if sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests (apt-get)")
        if _from_apt() and (found := find()):
            return found
    if sys.platform == "linux" and platform.machine() in {"x86_64", "amd64"}:
        say("Fetching a headless Chromium for the browser tests (npm)")
        _from_npm()
        if found := find():
            return found
    raise NoBrowser(
        "There is no Chromium for the browser tests: install one, or name one in GILMOK_CHROMIUM."
    )


def _from_apt() -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["chromium", "fonts-noto-cjk"]
    return all(
        subprocess.run(command, env=env, check=False, stdout=subprocess.DEVNULL).returncode == 0
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages],
        )
    )


def _from_npm() -> None:
    package = HOME / "npm"
    package.mkdir(parents=True, exist_ok=True)
    (package / "package.json").write_text('{"private": true, "type": "module"}')
    (package / "unpack.mjs").write_text(UNPACK)
    node.npm("install", "--no-save", "--ignore-scripts", NPM_PACKAGE, cwd=package)
    node.run("unpack.mjs", "node_modules/@sparticuz/chromium/bin", str(HOME), cwd=package)
