"""What the world sees of a message (no sign-in), and the settings of the channels."""

from django.urls import include, path

from channels.views import accounts, callbacks, caps, inbox, preferences, suppressions, tracking

_channels = [
    path("t/o/<str:token>", tracking.opened, name="open"),
    path("t/c/<str:token>", tracking.clicked, name="click"),
    path("u/<str:token>", preferences.preferences, name="preferences"),
    path("c/<str:token>", preferences.confirm, name="confirm"),
    path("w/<str:token>", tracking.view, name="view"),
    path("v1/inbox/<uuid:channel>/", inbox.messages, name="inbox"),
    path("v1/inbox/<uuid:channel>/events/", inbox.events, name="inbox-events"),
    path("callbacks/<slug:kind>/<uuid:account_id>/", callbacks.callback, name="callback"),
    path("settings/channels/", accounts.accounts, name="list"),
    path("settings/channels/new/<slug:kind>/", accounts.create, name="create"),
    path("settings/channels/caps/", caps.change, name="caps"),
    path("settings/channels/<uuid:account_id>/", accounts.edit, name="edit"),
    path("settings/channels/<uuid:account_id>/test-message/", accounts.test_message, name="test-message"),
    path("settings/channels/<uuid:account_id>/activity/", accounts.activity, name="activity"),
    path("settings/channels/<uuid:account_id>/deletion/", accounts.delete, name="delete"),
]

_suppressions = [
    path("settings/suppressions/", suppressions.suppressions, name="list"),
    path("settings/suppressions/new/", suppressions.add, name="add"),
    path("settings/suppressions/import/", suppressions.import_, name="import"),
    path("settings/suppressions/<int:suppression_id>/removal/", suppressions.remove, name="removal"),
]

urlpatterns = [path("", include((_channels, "channels"))), path("", include((_suppressions, "suppressions")))]
