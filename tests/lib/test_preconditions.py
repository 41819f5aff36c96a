import pytest
from django.test import RequestFactory

from lib.preconditions import require_match
from lib.problems import ApiProblem


@pytest.mark.parametrize("given", ['"3"', 'W/"3"', '"2", "3"', "*"])
def test_the_right_revision_passes(given):
    require_match(RequestFactory().put("/", headers={"If-Match": given}), 3)


@pytest.mark.parametrize(("given", "status"), [("", 428), ('"2"', 412), ("3", 412)])
def test_no_revision_and_an_old_one_are_refused(given, status):
    with pytest.raises(ApiProblem) as refused:
        require_match(RequestFactory().put("/", headers={"If-Match": given} if given else {}), 3)
    assert (refused.value.status, refused.value.more) == (status, {"revision": 3})
