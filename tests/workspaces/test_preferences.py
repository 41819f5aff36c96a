import pytest
from django.urls import reverse

from tests.factories.workspaces import make_user, make_workspace

pytestmark = pytest.mark.django_db
URL = "/settings/preferences/"
KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9"}


def test_the_browsers_language_holds_until_one_is_chosen(client):
    assert 'lang="ko"' in client.get(reverse("login"), headers=KOREAN).content.decode()
    client.post(URL, {"language": "en"})
    assert 'lang="en"' in client.get(reverse("login"), headers=KOREAN).content.decode()


def test_the_accounts_language_wins_over_the_browsers(client):
    user = make_user(make_workspace(), language="ko")
    client.force_login(user)
    assert '<html lang="ko"' in client.get("/team/", headers={"Accept-Language": "en"}).content.decode()


def test_choices_are_kept_on_the_account(client):
    user = make_user(make_workspace())
    client.force_login(user)
    client.post(URL, {"language": "ko"})
    client.post(URL, {"theme": "dark"}, headers={"Accept": "application/json"})
    user.refresh_from_db()
    assert (user.language, user.theme) == ("ko", "dark")
    assert 'data-theme="gilmok-dark" data-theme-fixed' in client.get("/team/").content.decode()


def test_without_a_choice_the_theme_is_the_systems(client):
    html = client.get(reverse("login")).content.decode()
    assert "data-theme-fixed" not in html


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"theme": "pink"}, {}])
def test_unknown_choices_change_nothing(client, wrong):
    user = make_user(make_workspace(), language="ko", theme="light")
    client.force_login(user)
    assert client.post(URL, wrong).status_code == 302
    user.refresh_from_db()
    assert (user.language, user.theme) == ("ko", "light")


def test_goes_back_to_the_page_it_came_from_and_to_no_other_site(client):
    assert (
        client.post(URL, {"language": "ko", "next": "/login/?next=/team/"})["Location"]
        == "/login/?next=/team/"
    )
    assert client.post(URL, {"language": "ko", "next": "https://evil.example/"})["Location"] == "/"


def test_takes_only_a_post(client):
    assert client.get(URL).status_code == 405
