"""JSON Schema (draft 2020-12) of what others send us. A schema is somebody's input, too: nothing is fetched for it, and
one that can't be used is said to be so."""

import re
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

MOST = 50  # faults told
SIZE = 20_000  # characters of a schema
_ERRORS = (
    SchemaError,
    UnknownType,
    Unresolvable,
    re.error,
    RecursionError,
    ValueError,
    TypeError,
    AttributeError,
)


def unusable(schema: Any) -> str:
    """Why it is no schema; "" for one that is."""
    if not isinstance(schema, dict):
        return "a schema is an object"
    if len(str(schema)) > SIZE:
        return f"a schema may have {SIZE:,} characters"
    try:
        Draft202012Validator.check_schema(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        samples: list[Any] = [{}, [], "", 0]
        for value in samples:
            list(_validator(schema).iter_errors(value))
    except _ERRORS as error:
        return _said(error)
    return ""


def faults(schema: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    """[(JSON pointer into the value, what is wrong)]; nothing for a schema that can't be used."""
    try:
        found = sorted(_validator(schema).iter_errors(value), key=lambda fault: [str(p) for p in fault.path])
    except _ERRORS:
        return []
    return [(_pointer(fault), fault.message[:300]) for fault in found[:MOST]]


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    # A registry of our own: the default one would fetch what "$ref" names.
    return Draft202012Validator(
        schema, registry=Registry(), format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _pointer(fault: ValidationError) -> str:
    path = [str(part).replace("~", "~0").replace("/", "~1") for part in fault.absolute_path]
    if fault.validator == "required" and isinstance(fault.validator_value, list):
        missing = [
            name
            for name in fault.validator_value
            if isinstance(fault.instance, dict) and name not in fault.instance
        ]
        named = [name for name in missing if repr(name) in fault.message]
        path += named[:1]
    return "".join(f"/{part}" for part in path)


def _said(error: Exception) -> str:
    text = error.message if isinstance(error, SchemaError) else str(error)
    return (text or type(error).__name__)[:200]
