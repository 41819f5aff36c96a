from django.urls import path
from rest_framework.routers import SimpleRouter

from journeys.api.documents import DocumentView, ProblemsView
from journeys.api.enrolments import EnrolmentsView
from journeys.api.failures import FailuresView, ResumptionView
from journeys.api.journeys import JourneyViewSet
from journeys.api.moves import MovesView, MoveView
from journeys.api.publication import PauseView, PlanView, PublicationView
from journeys.api.replays import ReplaysView, ReplayView
from journeys.api.simulations import SimulationsView
from journeys.api.test_people import TestPeopleView
from journeys.api.tests import TestRunsView, TestsView, TestView
from journeys.api.versions import ComparisonView, RestorationView, VersionsView, VersionView
from journeys.api.why import WhyView

router = SimpleRouter()
router.register("journeys", JourneyViewSet, basename="api-journey")

_ONE = "journeys/<uuid:public_id>"
urlpatterns = [
    path(f"{_ONE}/document/", DocumentView.as_view(), name="api-journey-document"),
    path(f"{_ONE}/problems/", ProblemsView.as_view(), name="api-journey-problems"),
    path(f"{_ONE}/publication/", PublicationView.as_view(), name="api-journey-publication"),
    path(f"{_ONE}/publication/plan/", PlanView.as_view(), name="api-journey-publication-plan"),
    path(f"{_ONE}/moves/", MovesView.as_view(), name="api-journey-moves"),
    path(f"{_ONE}/moves/<int:move_id>/", MoveView.as_view(), name="api-journey-move"),
    path(f"{_ONE}/pause/", PauseView.as_view(), name="api-journey-pause"),
    path(f"{_ONE}/versions/", VersionsView.as_view(), name="api-journey-versions"),
    path(f"{_ONE}/versions/<int:number>/", VersionView.as_view(), name="api-journey-version"),
    path(
        f"{_ONE}/versions/<int:number>/restoration/",
        RestorationView.as_view(),
        name="api-journey-restoration",
    ),
    path(f"{_ONE}/comparison/", ComparisonView.as_view(), name="api-journey-comparison"),
    path(f"{_ONE}/simulations/", SimulationsView.as_view(), name="api-journey-simulations"),
    path(f"{_ONE}/simulations/people/", TestPeopleView.as_view(), name="api-journey-test-people"),
    path(f"{_ONE}/replays/", ReplaysView.as_view(), name="api-journey-replays"),
    path(f"{_ONE}/replays/<uuid:replay_id>/", ReplayView.as_view(), name="api-journey-replay"),
    path(f"{_ONE}/tests/", TestsView.as_view(), name="api-journey-tests"),
    path(f"{_ONE}/tests/runs/", TestRunsView.as_view(), name="api-journey-test-runs"),
    path(f"{_ONE}/tests/<uuid:test_id>/", TestView.as_view(), name="api-journey-test"),
    path("profiles/<uuid:public_id>/journeys/<uuid:journey>/why/", WhyView.as_view(), name="api-profile-why"),
    path(f"{_ONE}/enrolments/", EnrolmentsView.as_view(), name="api-journey-enrolments"),
    path(f"{_ONE}/failures/", FailuresView.as_view(), name="api-journey-failures"),
    path(f"{_ONE}/failures/resumption/", ResumptionView.as_view(), name="api-journey-resumption"),
    *router.urls,
]
