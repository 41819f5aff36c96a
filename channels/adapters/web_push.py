"""Push messages to browsers: Web Push (RFC 8030), encrypted for the browser (RFC 8291), signed by VAPID (RFC 8292)."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels.adapters.base import AccountSettings, DeliveryError, Outgoing
from channels.adapters.forms import AccountForm
from channels.adapters.push import Lines, PushAdapter, PushMessage, fitting, gone, slower
from channels.adapters.registry import adapters
from lib import clock, web_push
from profiles.models import Device

TAKEN = frozenset({200, 201, 202, 204})
GONE = frozenset({404, 410})
CHANNEL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class WebPushForm(AccountForm):
    contact = forms.CharField(
        label=_("Contact for push services"),
        max_length=200,
        validators=[RegexValidator(r"^(mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+$|^https://[^\s]+$")],
        error_messages={"invalid": _("Write an email address or an https address.")},
        help_text=_("An email address that the makers of browsers may write to when something is wrong."),
    )
    icon = forms.URLField(
        label=_("Icon"),
        required=False,
        assume_scheme="https",
        help_text=_("The address of a square picture that stands beside each notification."),
    )
    hours = forms.IntegerField(
        label=_("Hours it may wait"),
        min_value=1,
        max_value=672,
        initial=72,
        required=False,
        help_text=_("A browser that is closed gets it when it is opened again, within this time."),
    )


@adapters.register
class WebPush(PushAdapter):
    kind, label = "web_push", _("Web push (browsers)")
    description = _("Notifications in the browsers of people who allowed them on your site.")
    form_class = WebPushForm
    setup_template = "channels/web_push.html"

    def complete(self, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
        """The pair of keys that the site's visitors subscribe with: made once, for ever."""
        secrets["private_key"] = secrets.get("private_key") or web_push.new_private_key()
        settings["public_key"] = web_push.public_key(secrets["private_key"])

    def takes(self, account: AccountSettings, device: Device) -> bool:
        """A browser takes messages from the keys alone that it subscribed with: `app` names their channel."""
        return bool(device.keys) and (device.app == account.public_id or not CHANNEL.fullmatch(device.app))

    def sender(self, account: AccountSettings) -> Callable[[Outgoing[PushMessage], Lines], str]:
        now, contact = clock.now(), account.text("contact")
        subject = contact if contact.startswith(("mailto:", "https://")) else f"mailto:{contact}"
        seconds = str(account.number("hours", 72) * 3600)

        def send(outgoing: Outgoing[PushMessage], lines: Lines) -> str:
            endpoint = outgoing.address
            headers = {
                "Authorization": web_push.authorization(endpoint, account.text("private_key"), subject, now),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": seconds,
                "Urgency": "normal",
                "Topic": outgoing.key.replace("-", "")[:32],  # a repetition takes the place of the first
            }
            status, answered, _body = lines.post(endpoint, _sealed(account, outgoing), headers)
            if status in TAKEN:
                return answered.get("location", "")[:300]
            raise _refused(status, answered, endpoint, lines)

        return send


def _sealed(account: AccountSettings, outgoing: Outgoing[PushMessage]) -> bytes:
    message = outgoing.content
    parts = {
        "title": message.title,
        "body": message.body,
        "image": message.image,
        "icon": account.text("icon"),
        "url": message.click,  # an app's own address leads nowhere in a browser
        "opened": message.opened,
        "preferences": message.preferences,
        "choose": message.choose if message.preferences else "",
        "tag": outgoing.key,
    }
    try:
        return web_push.encrypt(
            fitting(parts, web_push.ROOM), str(message.keys.get("p256dh")), str(message.keys.get("auth"))
        )
    except web_push.BadKeys as error:
        raise gone() from error


def _refused(status: int, headers: Mapping[str, str], endpoint: str, lines: Lines) -> DeliveryError:
    if status in GONE:
        return gone()
    if status == 429:
        return lines.stop(endpoint, slower(headers, 60))
    if status >= 500:
        if "retry-after" in headers:
            return lines.stop(endpoint, slower(headers, 60))
        return DeliveryError(gettext_noop("The push service is out of order."), permanent=False)
    if status in (401, 403):  # subscribed with other keys, or told us to go
        return DeliveryError(gettext_noop("The push service refused the channel’s key."), permanent=True)
    if status == 413:
        return DeliveryError(gettext_noop("The message is too long for a push message."), permanent=True)
    return DeliveryError(str(status), permanent=status not in (408, 425))
