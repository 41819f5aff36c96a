import pytest

from lib import secrets


def test_what_was_encrypted_is_read_again():
    token = secrets.encrypt("비밀")
    assert "비밀" not in token
    assert secrets.decrypt(token) == "비밀"


def test_old_secret_keys_still_read(settings):
    token = secrets.encrypt("x")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert secrets.decrypt(token) == "x"


def test_without_the_key_there_is_nothing_to_read(settings):
    token = secrets.encrypt("x")
    settings.SECRET_KEY = "another"
    with pytest.raises(secrets.Undecryptable):
        secrets.decrypt(token)
