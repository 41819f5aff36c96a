"""What `celery -A` needs of one_by_one: Django set up before its models are named."""

import django

django.setup()

from benchmarks.one_by_one import app  # noqa: E402

__all__ = ["app"]
