"""A mail server that keeps every mail and shows it in a web page; it sends nothing on.

    python -m config.embedded.mailbox --home var/mailbox --smtp-port 1025 --web-port 8025

`refuse.example` is a domain whose recipients it refuses for good (550), `later.example` one whose recipients it asks
to come again (451), so that the failing ways can be tried. On the web port it is an SMS gateway too, one that speaks
Twilio's Messages API; it refuses numbers that end in 0000000.
"""

from config.embedded.mailbox.server import Mailbox

__all__ = ["Mailbox"]
