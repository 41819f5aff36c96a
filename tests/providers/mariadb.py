"""A MariaDB of the tests' own, for the connector to MySQL.

The server is the one on PATH, else Debian's package, unpacked under .local/ and not installed: 7 MB, with the few
libraries that the machine lacks. Where neither can be had, Missing says why.
"""

import fcntl
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pymysql

from config.embedded import children

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".local" / "mariadb"
PACKAGE = "mariadb-server-core"
PATIENCE = 90  # seconds for each command that asks Debian's registry
SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_system_tables_data.sql")
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib", "lib")


class Missing(RuntimeError):
    pass


@dataclass(frozen=True)
class Program:
    """share: where its messages and the statements for its system tables lie."""

    path: Path
    share: Path
    env: dict[str, str]


@cache
def program() -> Program:
    """mariadbd, fetched first where there is none. Missing."""
    if found := _installed():
        return found
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Missing("no mariadbd on PATH, and no apt-get to get one")
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests side by side: one fetches, the others wait
        if not (HOME / "done").exists():
            _fetch()
    unpacked = HOME / "root"
    libraries = os.pathsep.join(str(unpacked / folder) for folder in LIBRARIES)
    return Program(
        unpacked / "usr/sbin/mariadbd", unpacked / "usr/share/mysql", {"LD_LIBRARY_PATH": libraries}
    )


def _installed() -> Program | None:
    path = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        return None
    above = Path(path).resolve().parents[1]
    for share in (above / "share/mysql", above / "share/mariadb", above / "share", Path("/usr/share/mysql")):
        if (share / SYSTEM_TABLES[0]).exists():
            return Program(Path(path), share, {})
    return None


def _fetch() -> None:
    debs = HOME / "debs"
    (debs / "partial").mkdir(parents=True, exist_ok=True)
    download = [
        "apt-get", "install", "-y", "-q", "--no-install-recommends", "--download-only",
        "-o", "Debug::NoLocking=1", "-o", f"Dir::Cache::archives={debs}", PACKAGE,
    ]  # fmt: skip
    if _said(download) and (trouble := _said(["apt-get", "update", "-q"]) or _said(download)):
        raise Missing(f"no mariadbd on PATH, and Debian's package can't be had: {trouble}")
    for package in debs.glob("*.deb"):
        if trouble := _said(["dpkg", "-x", str(package), str(HOME / "root")]):
            raise Missing(f"{package.name} can't be unpacked: {trouble}")
    shutil.rmtree(debs)
    (HOME / "done").touch()


def _said(command: list[str]) -> str:
    """ "" when it went well, else its last line."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"{command[0]} took longer than {PATIENCE} seconds"
    lines = (done.stdout + done.stderr).strip().splitlines()
    return (lines[-1] if lines else f"{command[0]} failed") if done.returncode else ""


class MariaDB:
    """with MariaDB(folder, tls=pem) as server: server.port, server.run("create table ...").

    The database is `shop`. Its users: `reader` may read it, `owner` may do all; both have the password PASSWORD.
    """

    PASSWORD = "p@ss word'\\%s"

    def __init__(self, home: Path, tls: Path | None = None) -> None:
        self.home, self.tls, self.program = home, tls, program()
        self.data, self.log = home / "data", home / "mariadb.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True)
        tables = "".join((self.program.share / name).read_text() for name in SYSTEM_TABLES)
        statements = f"create database mysql;\nuse mysql;\n{tables}\ncreate database shop;\n"
        made = subprocess.run(
            self._command("--bootstrap"), input=statements.encode(), capture_output=True, check=False,
            env={**os.environ, **self.program.env},
        )  # fmt: skip
        assert made.returncode == 0, made.stderr.decode(errors="replace")
        self._start()
        self.run("alter database shop character set utf8mb4", database="")
        for user, rights in (("reader", "select"), ("owner", "all")):
            self.run(f"create user {user}@'%%' identified by %s", self.PASSWORD, database="")
            self.run(f"grant {rights} on shop.* to {user}@'%'", database="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process:
            children.stop(self.process)

    def run(self, statement: str, *values: Any, database: str = "shop", many: Any = None) -> Any:
        """As the one who may do everything; the rows."""
        with (
            pymysql.connect(
                host="127.0.0.1", port=self.port, user="root", database=database or None, autocommit=True,
                charset="utf8mb4", ssl_disabled=True,
            ) as connection,
            connection.cursor() as cursor,
        ):  # fmt: skip
            if many is not None:
                cursor.executemany(statement, many)
            else:
                cursor.execute(statement, values or None)
            return cursor.fetchall()

    def _start(self) -> None:
        for attempt in range(3):  # another process may take the free port first
            self.port = children.free_port()
            with self.log.open("ab") as log:
                self.process = children.start(
                    self._command(f"--port={self.port}"), log=log, env={**os.environ, **self.program.env}
                )
            end = time.monotonic() + 30
            while self.process.poll() is None and time.monotonic() < end:
                try:
                    self.run("select 1", database="")
                    return
                except pymysql.Error:
                    time.sleep(0.05)
            children.stop(self.process)
            assert attempt < 2, children.tail(self.log)

    def _command(self, *more: str) -> list[str]:
        tls = [f"--ssl-cert={self.tls}", f"--ssl-key={self.tls}"] if self.tls else []
        return [
            str(self.program.path), "--no-defaults", f"--datadir={self.data}", "--socket=socket", "--pid-file=pid",
            f"--lc-messages-dir={self.program.share}", f"--character-sets-dir={self.program.share}/charsets",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-use-native-aio=0",
            "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M",
            "--performance-schema=off", *(["--user=root"] if os.geteuid() == 0 else []), *tls, *more,
        ]  # fmt: skip
