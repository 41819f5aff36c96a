"""Secrets at rest: passwords and keys of channels are encrypted with a key that is not in the database."""

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Undecryptable(Exception):
    """It was encrypted under a secret key that is no longer known."""


def encrypt(plain: str) -> str:
    return _cipher(_keys()).encrypt(plain.encode()).decode()


def decrypt(token: str) -> str:
    try:
        return _cipher(_keys()).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable("GILMOK_SECRET_KEY has changed since this was saved") from error


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(key: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"gilmok secrets at rest")
    return base64.urlsafe_b64encode(hkdf.derive(key.encode()))


class EncryptedJSONField(models.TextField):  # type: ignore[type-arg]
    """A JSON value that lies in the table as a Fernet token. It can't be searched."""

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encrypt(json.dumps(value, cls=DjangoJSONEncoder))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(decrypt(value))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj), cls=DjangoJSONEncoder)
