"""A mail server that answers as a test tells it to, and remembers what it was told."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP


@dataclass
class Mailer:
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)  # recipient, mail
    sessions: int = 0
    rcpt: Callable[[str], str] = lambda address: "250 OK"
    data: Callable[[str], str] = lambda address: "250 OK"
    mails_a_session: int = 0  # hang up after so many, without a word; 0: never

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.sessions += 1
        session.host_name = hostname
        session.mails = 0
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.mails_a_session and session.mails >= self.mails_a_session:
            server.transport.close()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = self.data(envelope.rcpt_tos[0])
        if answer.startswith("250"):
            session.mails += 1
            self.taken.append((envelope.rcpt_tos[0], envelope.original_content))
        return answer


@contextmanager
def mail_server(security: str = "none", tls: ssl.SSLContext | None = None) -> Iterator[Mailer]:
    """`security` as accounts have it: none, starttls or tls."""
    mailer, loop = Mailer(), asyncio.new_event_loop()
    options = {"tls_context": tls, "require_starttls": True} if security == "starttls" else {}

    async def start() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(mailer, hostname="test.localhost", loop=loop, enable_SMTPUTF8=True, **options),
            "127.0.0.1",
            0,
            ssl=tls if security == "tls" else None,
        )

    # Playwright keeps a loop in the test's thread: this one runs in another from the start.
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    mailer.port = server.sockets[0].getsockname()[1]
    try:
        yield mailer
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
