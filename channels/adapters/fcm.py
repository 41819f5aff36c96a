"""Push messages to apps: Firebase Cloud Messaging, HTTP v1.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send and .../FcmError; the service account's
access token: https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from channels.adapters.base import AccountSettings, DeliveryError, Outgoing
from channels.adapters.forms import AccountForm
from channels.adapters.push import Lines, PushAdapter, PushMessage, gone, slower
from channels.adapters.registry import adapters
from lib import clock
from lib.web_push import pack
from profiles.models import Device

FCM = "https://fcm.googleapis.com"
TOKENS = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
ROOM = 4000  # bytes of notification and data together
_tokens: dict[str, tuple[float, str]] = {}


class FcmForm(AccountForm):
    service_account = forms.CharField(
        label=_("Key of the service account"),
        max_length=10_000,
        widget=forms.PasswordInput(),
        help_text=_(
            "Firebase console, Project settings, Service accounts, Generate new private key. Paste the whole file."
        ),
    )
    url = forms.URLField(
        label=_("Address of the service"),
        initial=FCM,
        required=False,
        assume_scheme="https",
        help_text=_("Firebase’s own, unless a gateway stands before it."),
    )
    hours = forms.IntegerField(
        label=_("Hours it may wait"),
        min_value=1,
        max_value=672,
        initial=72,
        required=False,
        help_text=_("A phone that is off gets it when it is on again, within this time."),
    )

    def clean_service_account(self) -> str:
        """On one line: a file that was pasted has many."""
        text: str = self.cleaned_data["service_account"]
        if not text:
            return text
        try:
            found = json.loads(text)
            _key(found["private_key"])
            whole = all(
                isinstance(found[name], str) and found[name] for name in ("project_id", "client_email")
            )
        except (ValueError, TypeError, KeyError):
            whole = False
        if not whole:
            raise forms.ValidationError(_("This is no key of a service account: paste all of the JSON file."))
        return json.dumps(found)


@adapters.register
class Fcm(PushAdapter):
    kind, label = "fcm", _("App push (Firebase)")
    description = _("Notifications in your Android and iOS apps, through Firebase Cloud Messaging.")
    form_class = FcmForm
    setup_template = "channels/fcm.html"

    def complete(self, settings: dict[str, Any], secrets: dict[str, Any]) -> None:
        settings["project_id"] = json.loads(secrets.get("service_account") or "{}").get("project_id", "")

    def takes(self, account: AccountSettings, device: Device) -> bool:
        """Whatever has a registration token: a web page may have one, too."""
        return not device.keys

    def check(self, account: AccountSettings) -> bool:
        lines = Lines()
        try:
            _access(account, lines)
        finally:
            lines.close()
        return True

    def sender(self, account: AccountSettings) -> Callable[[Outgoing[PushMessage], Lines], str]:
        base = account.text("url", FCM).rstrip("/")
        url = f"{base}/v1/projects/{quote(account.text('project_id'), safe='')}/messages:send"
        seconds = account.number("hours", 72) * 3600

        def send(outgoing: Outgoing[PushMessage], lines: Lines) -> str:
            body = json.dumps({"message": _message(outgoing, seconds)}, ensure_ascii=False).encode()
            known = _mark(account) in _tokens
            status, answered, answer = post(body, lines)
            if status == 401 and known:  # taken back before its time: once more, with a new one
                _tokens.pop(_mark(account), None)
                status, answered, answer = post(body, lines)
            if status == 200:
                return str(answer.get("name") or "").rpartition("/")[2]
            raise _refused(status, answered, answer, url, lines)

        def post(body: bytes, lines: Lines) -> tuple[int, Mapping[str, str], dict[str, Any]]:
            headers = {
                "Authorization": f"Bearer {_access(account, lines)}",
                "Content-Type": "application/json; charset=utf-8",
            }
            status, answered, raw = lines.post(url, body, headers)
            return status, answered, _json(raw)

        return send


def _message(outgoing: Outgoing[PushMessage], seconds: int) -> dict[str, Any]:
    """A repetition of the same message takes the place of the first: `tag`, collapse key."""
    message, key = outgoing.content, outgoing.key
    data = {
        "message": key,
        "url": message.url,
        "click": message.click,
        "opened": message.opened,
        "preferences": message.preferences,
    }
    data = {name: value for name, value in data.items() if value}
    words = {"title": message.title, "body": message.body, "image": message.image}
    room = ROOM - len(json.dumps(data).encode())
    for name in ("image", "body"):
        over = len(json.dumps(words, ensure_ascii=False).encode()) - room
        if over > 0:
            kept = words[name].encode()[: -(over + 16)].decode(errors="ignore")
            words[name] = f"{kept}…" if name == "body" and kept else ""
    return {
        "token": outgoing.address,
        "notification": {name: value for name, value in words.items() if value},
        "data": data,
        "android": {"collapse_key": key, "ttl": f"{seconds}s", "notification": {"tag": key}},
        "apns": {
            "headers": {
                "apns-collapse-id": key,
                "apns-expiration": str(int(clock.now().timestamp()) + seconds),
            },
            "payload": {"aps": {"mutable-content": 1}},
        },
        "webpush": {"headers": {"TTL": str(seconds), "Topic": key.replace("-", "")[:32]}},
    }


def _access(account: AccountSettings, lines: Lines) -> str:
    """The access token, kept until shortly before it ends. DeliveryError."""
    mark = _mark(account)
    kept = _tokens.get(mark)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    service = _service(account)
    url = str(service.get("token_uri") or TOKENS)
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": _assertion(service, url),
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answered, raw = lines.post(url, urlencode(form).encode(), headers)
    answer = _json(raw)
    token = answer.get("access_token")
    if status == 200 and isinstance(token, str) and token:
        lasts = answer.get("expires_in")
        seconds = lasts if isinstance(lasts, int | float) else 3600
        if len(_tokens) > 1000:
            _tokens.clear()
        _tokens[mark] = (time.monotonic() + max(0, seconds - 300), token)
        return token
    if status == 429 or status >= 500:
        raise lines.stop(url, slower(answered, 60))
    raise lines.stop(
        url, DeliveryError(gettext_noop("Firebase refused the service account."), permanent=False)
    )


def _assertion(service: Mapping[str, Any], url: str) -> str:
    now = int(clock.now().timestamp())
    head = {"alg": "RS256", "typ": "JWT", "kid": service.get("private_key_id", "")}
    claims = {"iss": service["client_email"], "scope": SCOPE, "aud": url, "iat": now, "exp": now + 3600}
    text = ".".join(pack(json.dumps(part).encode()) for part in (head, claims))
    signed = _key(str(service["private_key"])).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{pack(signed)}"


def _key(pem: str) -> rsa.RSAPrivateKey:
    """ValueError, TypeError."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("This is no RSA key")
    return key


def _service(account: AccountSettings) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(account.text("service_account", "{}"))
    return found


def _mark(account: AccountSettings) -> str:
    return hashlib.sha256(account.text("service_account").encode()).hexdigest()


def _json(raw: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _refused(
    status: int, headers: Mapping[str, str], answer: Mapping[str, Any], url: str, lines: Lines
) -> DeliveryError:
    """https://firebase.google.com/docs/cloud-messaging/error-codes"""
    error = answer.get("error")
    error = error if isinstance(error, dict) else {}
    details = [one for one in error.get("details") or [] if isinstance(one, dict)]
    code = next(
        (str(one["errorCode"]) for one in details if one.get("errorCode")), str(error.get("status", ""))
    )
    if code in ("UNREGISTERED", "NOT_FOUND") or _blames_the_token(details):
        return gone()
    if status == 429 or code == "QUOTA_EXCEEDED":
        return lines.stop(url, slower(headers, 60))
    if status in (500, 503) or code in ("UNAVAILABLE", "INTERNAL"):
        if "retry-after" in headers:
            return lines.stop(url, slower(headers, 60))
        return DeliveryError(gettext_noop("The push service is out of order."), permanent=False)
    if code == "THIRD_PARTY_AUTH_ERROR":
        return DeliveryError(
            gettext_noop("Apple or the browser’s push service refused Firebase’s key."), permanent=False
        )
    if status in (401, 403) and code != "SENDER_ID_MISMATCH":
        return lines.stop(
            url, DeliveryError(gettext_noop("Firebase refused the service account."), permanent=False)
        )
    # Their sentences may quote the message: the code alone is kept, it is documented.
    return DeliveryError(code or str(status), permanent=status < 500)


def _blames_the_token(details: list[dict[str, Any]]) -> bool:
    """INVALID_ARGUMENT is said of a message that is badly made as well as of a token that is none."""
    for one in details:
        for fault in one.get("fieldViolations") or []:
            if isinstance(fault, dict) and str(fault.get("field", "")) == "message.token":
                return True
    return False
