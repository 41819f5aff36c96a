import pytest
from django.urls import reverse

from tests.factories.workspaces import PASSWORD, make_user, make_workspace

pytestmark = pytest.mark.django_db
TEAM = "/team/"


def sign_in(client, user, password=PASSWORD, **more):
    return client.post(reverse("login"), {"username": user.email, "password": password, **more})


def test_sign_in_leads_home_and_out_again(client):
    user = make_user(make_workspace())
    answer = sign_in(client, user)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(TEAM).status_code == 200
    assert client.post(reverse("logout"))["Location"] == reverse("login")
    assert client.get(TEAM).status_code == 302


def test_address_is_taken_in_any_case_and_with_spaces(client):
    user = make_user(make_workspace(), email="kim@example.com")
    assert (
        client.post(reverse("login"), {"username": " Kim@Example.COM ", "password": PASSWORD}).status_code
        == 302
    )
    assert client.session["_auth_user_id"] == str(user.pk)


def test_sign_in_changes_the_session_key(client):
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    sign_in(client, make_user(make_workspace()))
    assert client.session.session_key != before


def test_sign_in_goes_where_one_came_from(client):
    answer = client.get(TEAM + "?entries=50")
    assert answer["Location"] == f"{reverse('login')}?next=/team/%3Fentries%3D50"
    assert (
        sign_in(client, make_user(make_workspace()), next="/team/?entries=50")["Location"]
        == "/team/?entries=50"
    )


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_sign_in_never_leads_to_another_site(client, there):
    assert sign_in(client, make_user(make_workspace()), next=there)["Location"] == "/"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"username": "", "password": ""},
            ["Write the e-mail address of your account.", "Write your password."],
        ),
        ({"username": "kim", "password": "x"}, ["Write the whole address, like name@company.com."]),
        ({"username": "kim@example.com", "password": "x"}, ["This address and password don&#x27;t match."]),
    ],
)
def test_a_failed_sign_in_says_what_to_do(client, fields, says):
    answer = client.post(reverse("login"), fields)
    assert answer.status_code == 200
    for sentence in says:
        assert sentence in answer.content.decode()


def test_wrong_password_and_unknown_address_read_the_same(client):
    user = make_user(make_workspace())
    known = sign_in(client, user, "wrong").content.decode()
    unknown = client.post(
        reverse("login"), {"username": "no@example.com", "password": "wrong"}
    ).content.decode()
    words = "This address and password don&#x27;t match"
    assert words in known
    assert words in unknown


def test_ten_wrong_passwords_lock_the_address_for_a_while(client, settings):
    settings.AXES_ENABLED = True
    user = make_user(make_workspace())
    statuses = [sign_in(client, user, "wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert statuses[:-1] == [200] * (settings.AXES_FAILURE_LIMIT - 1)
    answer = sign_in(client, user)
    assert answer.status_code == 429
    assert "locked for 15 minutes" in answer.content.decode()
    assert sign_in(client, make_user(make_workspace())).status_code == 302


def test_switched_off_account_cannot_sign_in(client):
    user = make_user(make_workspace())
    user.is_active = False
    user.save()
    assert sign_in(client, user).status_code == 200
    assert client.get(TEAM).status_code == 302


def test_service_user_cannot_sign_in(client):
    user = make_user(make_workspace())
    user.set_unusable_password()
    user.save()
    assert sign_in(client, user).status_code == 200


def test_member_of_nothing_is_told_whom_to_ask(client):
    client.force_login(make_user())
    answer = client.get(TEAM)
    assert answer.status_code == 403
    assert "You are in no workspace yet" in answer.content.decode()
    assert client.post(reverse("logout")).status_code == 302


def test_htmx_request_without_a_session_is_sent_to_the_sign_in(client):
    answer = client.get(TEAM, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, reverse("login"))


def test_sign_out_asks_for_a_post(client):
    client.force_login(make_user(make_workspace()))
    assert client.get(reverse("logout")).status_code == 405


def test_form_from_elsewhere_is_refused_in_plain_words(client):
    client.handler.enforce_csrf_checks = True
    answer = sign_in(client, make_user(make_workspace()))
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


def test_pages_carry_a_policy_that_forbids_inline_scripts(client):
    policy = client.get(reverse("login"))["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert scripts.split() == ["script-src", "'self'"]
