import argparse
import asyncio
import signal
import threading
from pathlib import Path

from config.embedded.mailbox import smtp
from config.embedded.mailbox.store import Store
from config.embedded.mailbox.web import Web


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.embedded.mailbox")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--web-port", type=int, required=True)
    options = parser.parse_args()

    store = Store(options.home)
    web = Web(store, options.web_port)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    server = await smtp.serve(store, options.smtp_port)
    stopped = asyncio.Event()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, stopped.set)
    await stopped.wait()
    server.close()
    web.shutdown()


asyncio.run(main())
