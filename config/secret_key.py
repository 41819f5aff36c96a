"""The secret key of one's own machine: made once, kept in a file that only its owner reads."""

import contextlib
import os
import secrets
import time
from pathlib import Path


def kept_in(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # of two processes one makes it
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(50))
    for _ in range(50):
        if key := path.read_text().strip():
            return key
        time.sleep(0.02)  # the other process is about to write it
    raise RuntimeError(f"{path} is empty: remove it")
