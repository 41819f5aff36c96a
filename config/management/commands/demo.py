"""`python3 manage.py demo`: from nothing to the running product with sample data, in one terminal."""

import hashlib
import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import env
from config.embedded import children, node, running, translations
from config.embedded.broker import Broker, BrokerError
from config.embedded.launcher import Launcher, LaunchError, Stopped, ignore_signals, only_one, stop_on_signals
from config.embedded.mailbox import Mailbox
from config.embedded.mailbox.server import MailboxError
from config.embedded.postgres import Postgres, PostgresError

EXPECTED = (
    LaunchError,
    PostgresError,
    BrokerError,
    MailboxError,
    node.NodeError,
    translations.TranslationError,
    ImproperlyConfigured,
)
CELERY = ("-m", "celery", "-A", "config")
WORKER = ("worker", "-c", "2", "-l", "info", "--without-gossip", "--without-mingle", "--without-heartbeat")
CALLER = (
    "worker",
    "-P",
    "threads",
    "-c",
    "4",
    *WORKER[3:],
)  # one process: it waits for others more than it works


class Command(BaseCommand):
    help = "Everything in one terminal: database, broker, mailbox, sample data, web server, workers, clock."
    requires_system_checks: list[str] = []  # type: ignore[assignment]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="forget what is there and start afresh")

    def handle(self, *args: Any, reset: bool, **options: Any) -> None:
        stop_on_signals()
        with ExitStack() as stack:
            stack.callback(ignore_signals)
            try:
                Demo(self, stack).run(reset=reset)
            except Stopped:
                self.say("\nStopping")
            except EXPECTED as error:
                raise CommandError(str(error)) from None

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


class Demo:
    def __init__(self, command: Command, stack: ExitStack) -> None:
        self.say, self.stack = command.say, stack
        self.var: Path = settings.VAR
        self.logs = self.var / "log"
        self.host = env.text("GILMOK_HOST", "127.0.0.1")
        self.port = env.integer("GILMOK_PORT", 8000, low=1, high=65535)
        self.url = env.web_address("GILMOK_BASE_URL", f"http://127.0.0.1:{self.port}") + "/"
        self.env = dict(os.environ)

    def run(self, *, reset: bool) -> None:
        started = time.monotonic()
        self.stack.enter_context(only_one(self.var / "demo.lock"))
        self.check_port()
        if reset:
            self.reset()

        # npm and Vite take longest: they run beside the database's part.
        builder = ThreadPoolExecutor(1)
        self.stack.callback(builder.shutdown, wait=False, cancel_futures=True)
        build: Future[bool] = builder.submit(node.build, lambda text: self.say(f"  {text} …"))

        with self.step("Starting PostgreSQL"):
            self.database()
        with self.step("Starting the broker"):
            self.broker()
        with self.step("Starting the mailbox"):
            self.mailbox()
        with self.step("Compiling the translations"):
            translations.compile_all()

        self.env |= {
            "GILMOK_BASE_URL": self.url.rstrip("/"),
            "GILMOK_PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "PYTHONUNBUFFERED": "1",
            "CELERY_SKIP_CHECKS": "1",  # `migrate` has just run Django's checks
        }
        launcher = Launcher(self.logs, self.env)
        self.stack.callback(launcher.stop)
        running.record(self.var, self.env)
        self.stack.callback(running.forget, self.var)
        self.migrate(launcher)
        self.sample(launcher)
        with self.step("Waiting for the front end"):
            build.result()
        with self.step("Starting the web server, the workers and the clock"):
            self.serve(launcher)
        self.announce(time.monotonic() - started)
        while True:
            launcher.check()
            time.sleep(0.5)

    def check_port(self) -> None:
        another = f"Choose another one: GILMOK_PORT={max(self.port + 1, 8000)} python3 manage.py demo"
        try:
            taken = children.port_taken(self.host, self.port)
        except OSError as error:
            raise LaunchError(f"Port {self.port} can't be had ({error.strerror}). {another}") from None
        if taken:
            raise LaunchError(f"Port {self.port} is taken by another program. {another}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        self.say(f"{text} …")
        began = time.monotonic()
        yield
        self.say(f"  done in {time.monotonic() - began:.1f} s")

    def reset(self) -> None:
        if "GILMOK_DATABASE_URL" in os.environ:
            raise LaunchError("--reset empties the demo's own database only; unset GILMOK_DATABASE_URL.")
        self.say("Forgetting everything that was here")
        Postgres(self.var / "postgres").erase()
        for name in ("broker", "mailbox", "media", "clock"):
            shutil.rmtree(self.var / name, ignore_errors=True)
        (self.var / "postgres" / "migrated").unlink(missing_ok=True)  # the data itself may lie in /var/tmp
        for name in ("sample.json", "demo.json", "ports.json"):
            (self.var / name).unlink(missing_ok=True)

    def database(self) -> None:
        if "GILMOK_DATABASE_URL" in os.environ:
            self.say("  yours, as GILMOK_DATABASE_URL says")
            return
        server = self.stack.enter_context(Postgres(self.var / "postgres", log=self.logs / "postgres.log"))
        self.env["GILMOK_DATABASE_URL"] = server.url

    def broker(self) -> None:
        if "GILMOK_BROKER_URL" in os.environ:
            self.say("  yours, as GILMOK_BROKER_URL says")
            return
        server = self.stack.enter_context(Broker(self.var / "broker", log=self.logs / "broker.log"))
        self.env["GILMOK_BROKER_URL"] = server.url

    def mailbox(self) -> None:
        kept = self.var / "ports.json"
        ports: dict[str, int] = json.loads(kept.read_text()) if kept.exists() else {}
        self.ports_changed = any(children.port_taken("127.0.0.1", port) for port in ports.values())
        if not ports or self.ports_changed:
            ports = {"smtp": _quiet_port(), "web": _quiet_port()}  # below those that systems give away
            kept.write_text(json.dumps(ports))
        box = Mailbox(
            self.var / "mailbox",
            smtp_port=ports["smtp"],
            web_port=ports["web"],
            log=self.logs / "mailbox.log",
        )
        self.inbox_url = self.stack.enter_context(box).url
        # Where the sample channels send to; lib.http lets them reach the mailbox's SMS gateway on this machine.
        self.env["GILMOK_DEMO_SMTP"] = f"127.0.0.1:{ports['smtp']}"
        self.env["GILMOK_DEMO_SMS"] = self.inbox_url.rstrip("/")
        allowed = [*env.words("GILMOK_HTTP_ALLOWED_HOSTS"), f"127.0.0.1:{ports['web']}"]
        self.env["GILMOK_HTTP_ALLOWED_HOSTS"] = ",".join(allowed)

    def migrate(self, launcher: Launcher) -> None:
        """Skipped where the demo's own database has seen these very migrations: a later start takes seconds."""
        stamp, want = self.var / "postgres" / "migrated", _migrations()
        own = "GILMOK_DATABASE_URL" not in os.environ
        if own and stamp.exists() and stamp.read_text() == want:
            return
        with self.step("Bringing the tables up to date"):
            launcher.run("migrate", "manage.py", "migrate", "-v", "1", "--no-input")
        if own:
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(want)

    def sample(self, launcher: Launcher) -> None:
        seeded = (self.var / "sample.json").exists()
        if "sample_data" not in get_commands() or (seeded and not self.ports_changed):
            return
        with self.step("Making the sample workspace"):
            launcher.run("sample_data", "manage.py", "sample_data")

    def serve(self, launcher: Launcher) -> None:
        launcher.start("web", *_granian(self.host, self.port))
        realtime = launcher.start(
            "worker-realtime", *CELERY, *WORKER, "-Q", "realtime,delivery", "-n", "realtime@%h"
        )
        bulk = launcher.start("worker-bulk", *CELERY, *WORKER, "-Q", "bulk,maintenance", "-n", "bulk@%h")
        calls = launcher.start("worker-calls", *CELERY, *CALLER, "-Q", "calls", "-n", "calls@%h")
        replays = launcher.start(
            "worker-replays", *CELERY, *WORKER, "-Q", "replays,imports", "-n", "replays@%h"
        )
        (self.var / "clock").mkdir(exist_ok=True)
        schedule = str(self.var / "clock" / "schedule")
        launcher.start("clock", *CELERY, "beat", "-l", "warning", "-s", schedule, "--pidfile", "")
        launcher.wait(lambda: _healthy(f"http://127.0.0.1:{self.port}/healthz"), what="The web server")
        for worker in (realtime, bulk, calls, replays):
            launcher.wait(partial(_says_ready, worker.log), what=worker.name)

    def announce(self, seconds: float) -> None:
        sample_file = self.var / "sample.json"
        sample = json.loads(sample_file.read_text()) if sample_file.exists() else {}
        facts = {
            "url": self.url,
            "users": sample.get("users", []),
            "write_key": sample.get("write_key"),
            "api_key": sample.get("api_key"),
            "inbox_url": self.inbox_url,
        }
        target = self.var / "demo.json"
        target.touch(mode=0o600)
        target.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
        lines = ["", f"  Gilmok        {facts['url']}", f"  Inbox         {facts['inbox_url']}"]
        if facts["users"]:
            wide = max(len(user["email"]) for user in facts["users"])
            lines += ["", "  Sign in as"]
            lines += [
                f"    {user['email']:<{wide}}  {user['password']}  {user['role']}"
                + (f", {user['team']}" if user.get("team") else "")
                for user in facts["users"]
            ]
            lines += ["", f"  Write key     {facts['write_key']}", f"  API key       {facts['api_key']}"]
        lines += [
            "",
            f"  Ready in {seconds:.1f} s. The same is in {_short(target)}; logs are in {_short(self.logs)}.",
        ]
        lines += ["  Ctrl-C ends everything.", ""]
        self.say("\n".join(lines))


def _granian(host: str, port: int) -> list[str]:
    return [
        *("-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--no-ws"),
        *("--workers", "2", "--blocking-threads", "64", "--backpressure", "256"),
        # An open stream of events would keep a worker alive for ever after SIGTERM.
        *("--workers-kill-timeout", "3", "--log-level", "warning", "config.wsgi:application"),
    ]


def _healthy(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _migrations() -> str:
    """A digest of our migrations and, through the lock file, of everybody else's."""
    digest = hashlib.sha256((node.ROOT / "uv.lock").read_bytes())
    for path in sorted(node.ROOT.glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _says_ready(log: Path) -> bool:
    return " ready." in log.read_text(errors="replace")


def _quiet_port() -> int:
    while children.port_taken("127.0.0.1", port := random.randint(20000, 29999)):  # noqa: S311
        pass
    return port


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
