import pytest
from django.urls import reverse

from config.models import Heartbeat


@pytest.mark.django_db(transaction=True)
def test_workers_run_a_task_on_the_tests_own_database(celery_workers):
    import time

    from config.tasks import heartbeat

    heartbeat.delay()
    end = time.monotonic() + 60
    while not Heartbeat.objects.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert Heartbeat.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_chromium_opens_a_page_of_the_live_server(live_server, page):
    page.goto(live_server.url + reverse("healthz"))
    assert page.inner_text("body") == "ok"
