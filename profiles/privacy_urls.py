"""The pages about consent and privacy, the namespace `privacy`."""

from django.urls import path

from profiles.views import consent, privacy

pages = [
    path("settings/consent/", consent.consent, name="consent"),
    path("settings/consent/night/", consent.at_night, name="night"),
    path("settings/consent/new/", consent.create, name="topic-new"),
    path("settings/consent/<int:topic_id>/", consent.edit, name="topic"),
    path("settings/consent/<int:topic_id>/archive/", consent.archive, name="topic-archive"),
    path("settings/consent/<int:topic_id>/place/", consent.place, name="topic-place"),
    path("settings/privacy/", privacy.privacy, name="rules"),
    path("settings/privacy/retention/", privacy.keep, name="retention"),
    path(
        "settings/privacy/retention/<int:rule_id>/deletion/", privacy.keep_for_good, name="retention-deletion"
    ),
    path("settings/privacy/erasure/", privacy.erasure_rules, name="erasure-rules"),
    path("settings/privacy/confirmation/", privacy.confirmation, name="confirmation"),
]
