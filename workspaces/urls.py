"""Sign-in, preferences, the team's pages."""

from django.urls import include, path

from workspaces.views.api_keys import api_keys, revoke
from workspaces.views.preferences import preferences
from workspaces.views.session import SignIn, SignOut
from workspaces.views.team import member, team

_workspaces = [
    path("team/", team, name="team"),
    path("team/members/<int:membership_id>/", member, name="member"),
    path("settings/preferences/", preferences, name="preferences"),
    path("settings/api-keys/", api_keys, name="api-keys"),
    path("settings/api-keys/<int:key_id>/revocation/", revoke, name="api-key-revocation"),
]

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("", include((_workspaces, "workspaces"))),
]
