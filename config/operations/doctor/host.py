"""The machine: room on the disk, the front end's files, the translations."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from config.operations.doctor.finding import Check, Finding, fail, ok, warn

GIB = 2**30


def _disk(_now: datetime) -> Iterator[Finding]:
    home = next(path for path in (settings.VAR, *settings.VAR.parents) if path.exists())
    room = shutil.disk_usage(home)
    text = f"{room.free / GIB:.1f} GiB free of {room.total / GIB:.1f} at {home}"
    mend = "Make room, or move GILMOK_VAR. The database's own disk is not looked at from here."
    if room.free < GIB / 2:
        yield fail("disk", text, mend)
    elif room.free < 2 * GIB or room.free < room.total * 0.05:
        yield warn("disk", text, mend)
    else:
        yield ok("disk", text)


def _writable(_now: datetime) -> Iterator[Finding]:
    media = Path(settings.MEDIA_ROOT)
    probe = media / ".doctor"
    try:
        media.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        yield fail(
            "uploads",
            f"{media} can't be written ({error.strerror}): pictures can't be uploaded",
            "Give the folder to the account that runs Gilmok, or set GILMOK_VAR.",
        )
    else:
        yield ok("uploads", f"{media} can be written")


def _front_end(_now: datetime) -> Iterator[Finding]:
    manifest = settings.ROOT / "static" / "dist" / "manifest.json"
    if not manifest.exists():
        yield fail(
            "front end",
            "is not built: pages have no style and the canvas does not open",
            "Run `npm ci && npm run build`.",
        )
        return
    root = settings.STATIC_ROOT
    if root is None:  # straight from static/
        yield ok("front end", "built")
        return
    collected = Path(root) / "dist" / "manifest.json"
    if not collected.exists() or collected.read_bytes() != manifest.read_bytes():
        yield fail(
            "front end",
            f"is built, and {root} has not got it",
            "Run `python manage.py collectstatic --no-input`, then restart the web process.",
        )
    else:
        yield ok("front end", f"built and collected in {root}")


def _translations(_now: datetime) -> Iterator[Finding]:
    stale = [
        po.parts[-3]
        for po in sorted((settings.ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
        if not po.with_suffix(".mo").exists() or po.with_suffix(".mo").stat().st_mtime < po.stat().st_mtime
    ]
    if stale:
        yield warn(
            "translations",
            f"not compiled: {', '.join(stale)}; the interface speaks English there",
            "Run `msgfmt locale/ko/LC_MESSAGES/django.po -o locale/ko/LC_MESSAGES/django.mo`.",
        )
    else:
        yield ok("translations", "compiled")


CHECKS = [Check(_disk), Check(_writable), Check(_front_end), Check(_translations)]
