import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.embedded.mailbox.store import Store

ANSWERS = {
    "refuse.example": "550 5.1.1 There is no such mailbox",
    "later.example": "451 4.7.1 Try again later",
}


class Handler:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower().rstrip(">")
        if answer := ANSWERS.get(domain):
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        entry = self.store.add(content, list(envelope.rcpt_tos), envelope.mail_from or "")
        return f"250 OK kept as {entry.id}"


async def serve(store: Store, port: int) -> asyncio.Server:
    handler = Handler(store)
    return await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            handler,
            hostname="mailbox.localhost",  # else it asks the resolver, which may take seconds
            ident="Gilmok mailbox",
            enable_SMTPUTF8=True,
            data_size_limit=30 * 2**20,
            loop=asyncio.get_running_loop(),
        ),
        host="127.0.0.1",
        port=port,
        backlog=512,
    )
