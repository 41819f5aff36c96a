"""The pages of journeys."""

from django.urls import include, path

from journeys.views import (
    canvas,
    failures,
    inspector,
    listing,
    live,
    people,
    person_test,
    replay,
    secrets,
    starts,
    versions,
    why_not,
)

_journeys = [
    path("journeys/", listing.journey_list, name="list"),
    path("journeys/new/", canvas.create, name="create"),
    path("journeys/<uuid:id>/", canvas.canvas, name="canvas"),
    path("journeys/<uuid:id>/inspector/", inspector.inspector, name="inspector"),
    path("journeys/<uuid:id>/counts/", live.journey_counts, name="counts"),
    path("journeys/<uuid:id>/live/", live.journey_live, name="live"),
    path("journeys/<uuid:id>/replay/", replay.replay, name="replay"),
    path("journeys/<uuid:id>/versions/", versions.versions, name="versions"),
    path("journeys/<uuid:id>/versions/<int:number>/restoration/", versions.restoration, name="restoration"),
    path("journeys/<uuid:id>/moves/<int:move_id>/undoing/", versions.undoing, name="undoing"),
    path("journeys/<uuid:id>/steps/<str:key>/people/", people.step_people, name="step-people"),
    path("people/<uuid:public_id>/why-not/", why_not.why_not, name="why-not"),
    path("people/<uuid:public_id>/test/", person_test.person_test, name="person-test"),
    path("people/<uuid:public_id>/starts/", starts.starts, name="starts"),
    path("journeys/<uuid:id>/steps/<str:key>/failures/", failures.failed_people, name="failures"),
    path("journeys/<uuid:id>/steps/<str:key>/resumption/", failures.resumption, name="resumption"),
]

_webhooks = [
    path("settings/secrets/", secrets.secrets, name="secrets"),
    path("settings/secrets/<int:secret_id>/deletion/", secrets.deletion, name="secret-deletion"),
]

urlpatterns = [
    path("", include((_webhooks, "webhooks"))),
    path("", include((_journeys, "journeys"))),
]
