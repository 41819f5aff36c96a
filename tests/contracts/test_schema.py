"""The OpenAPI description: drawn without a warning, and it names every resource of the API."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def schema():
    reset_generator_stats()
    drawn = SchemaGenerator().get_schema(request=None, public=True)
    told = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    return drawn, told


def test_drawn_without_a_warning(schema):
    assert schema[1] == []


def test_is_openapi_3_1_with_keys(schema):
    assert schema[0]["openapi"].startswith("3.1")
    assert schema[0]["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


def test_names_every_resource(schema):
    roots = {path.split("/")[3] for path in schema[0]["paths"]}
    assert roots == {
        "catalogue",
        "channels",
        "computed-attributes",
        "content",
        "journeys",
        "messages",
        "profiles",
        "segments",
        "stores",
    }
