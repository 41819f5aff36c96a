"""A content to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Starter:
    """`variants` by language."""

    key: str
    label: str | Promise
    description: str | Promise
    icon: str
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
