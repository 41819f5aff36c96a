"""Reads settings into frozen dataclasses, writes them back, and draws their JSON Schema. One reading for the canvas,
the API, the engine and the checks.

A field's name in JSON is its name without a trailing underscore. `setting(...)` adds limits. Types: str, int, float,
bool, Duration, time (HH:MM), datetime (RFC 3339), date, Condition, dict[str, Any], Literal, X | None, tuple[X, ...]
and other dataclasses.
"""

import types
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any, Literal, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from journeys.document.shape import escape
from journeys.document.words import gettext_noop
from lib.durations import Duration, DurationError
from lib.durations import parse as parse_duration

Condition = NewType("Condition", dict[str, Any])
Zone = NewType("Zone", str)
Value = NewType("Value", object)  # any JSON
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """One setting that can't be read. `pointer` is relative to the settings: "/branches/0/when"."""

    pointer: str
    template: str
    params: dict[str, object]


class SettingsError(ValueError):
    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.template % fault.params}" for fault in faults))
        self.faults = faults


def setting(
    default: Any = MISSING,
    *,
    minimum: Any = None,
    maximum: Any = None,
    length: int = 2000,
    title: str = "",
    values: tuple[str, ...] = (),
    positive: bool = True,
) -> Any:
    """A field with limits; `length` bounds texts and lists, `values` the texts of a list."""
    metadata = {
        "minimum": minimum,
        "maximum": maximum,
        "length": length,
        "title": title,
        "values": values,
        "positive": positive,
    }
    if default is MISSING:
        return field(metadata=metadata)
    if isinstance(default, dict | list):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def read(cls: type[T], data: dict[str, Any], pointer: str = "") -> T:
    """Raises SettingsError with every fault, not only the first. Unknown keys are left alone."""
    faults: list[Fault] = []
    value = _read_object(cls, data, pointer, faults)
    if faults:
        raise SettingsError(faults)
    return cast(T, value)


def write(value: Any) -> Any:
    """The JSON of settings; fields at their default are left out, so that what was not written stays unwritten."""
    if is_dataclass(value) and not isinstance(value, Duration):
        out = {}
        for item in fields(value):
            inner = getattr(value, item.name)
            if _default(item) is not MISSING and inner == _default(item):
                continue
            out[json_name(item.name)] = write(inner)
        return out
    if isinstance(value, Duration):
        return str(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [write(inner) for inner in value]
    return value


def conditions(value: Any, pointer: str = "") -> list[tuple[str, Condition]]:
    """Every condition in read settings, with its place."""
    found: list[tuple[str, Condition]] = []
    for item in fields(value):
        inner, where = getattr(value, item.name), f"{pointer}/{json_name(item.name)}"
        if inner is None:
            continue
        if "Condition" in str(_hints(cast(Any, type(value)))[item.name]):
            found.append((where, inner))
        elif isinstance(inner, tuple):
            for index, part in enumerate(inner):
                if is_dataclass(part):
                    found += conditions(part, f"{where}/{index}")
        elif is_dataclass(inner) and not isinstance(inner, Duration):
            found += conditions(inner, where)
    return found


def schema(cls: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a settings class."""
    hints = _hints(cast(Any, cls))
    properties = {json_name(f.name): _schema(hints[f.name], f.metadata) for f in fields(cls)}
    required = [json_name(f.name) for f in fields(cls) if _default(f) is MISSING]
    return {"type": "object", "properties": properties, "required": required}


def json_name(name: str) -> str:
    return name.rstrip("_")


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cast(Any, cls))


def _default(item: Any) -> Any:
    return item.default_factory() if item.default_factory is not MISSING else item.default


def _read_object(cls: type[Any], data: object, pointer: str, faults: list[Fault]) -> Any:
    if not isinstance(data, dict):
        faults.append(Fault(pointer, gettext_noop("This must be an object with named parts."), {}))
        return None
    hints, values, before = _hints(cast(Any, cls)), {}, len(faults)
    for item in fields(cls):
        name = json_name(item.name)
        raw = data.get(name)
        if raw is None or (raw == "" and hints[item.name] is not str):
            if _default(item) is MISSING:
                faults.append(Fault(f"{pointer}/{name}", gettext_noop("This is needed."), {}))
            continue
        values[item.name] = _read(hints[item.name], raw, f"{pointer}/{name}", item.metadata, faults)
    if len(faults) > before:
        return None
    try:
        return cls(**values)
    except SettingsError as error:  # a class that checks how its own fields fit together
        faults += [Fault(pointer + fault.pointer, fault.template, fault.params) for fault in error.faults]
        return None


def _read(kind: Any, raw: Any, pointer: str, limits: Any, faults: list[Fault]) -> Any:
    def refuse(template: str, **params: object) -> Any:
        faults.append(Fault(pointer, template, params))
        return None

    shown = str(raw)[:80]
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read(next(a for a in get_args(kind) if a is not type(None)), raw, pointer, limits, faults)
    if origin is Literal:
        if raw not in get_args(kind):
            return refuse(
                gettext_noop("“%(value)s” is none of: %(choices)s."),
                value=shown,
                choices=", ".join(map(str, get_args(kind))),
            )
        return raw
    if origin is tuple:
        return _read_list(get_args(kind)[0], raw, pointer, limits, faults)
    if kind is Condition or origin is dict:
        if not isinstance(raw, dict):
            return refuse(gettext_noop("This must be an object with named parts."))
        return raw
    if kind is Value:
        return raw
    if is_dataclass(kind) and kind is not Duration:
        return _read_object(cast("type[Any]", kind), raw, pointer, faults)
    if kind is bool:
        return raw if isinstance(raw, bool) else refuse(gettext_noop("This must be true or false."))
    if kind in (int, float):
        if isinstance(raw, bool) or not isinstance(raw, int | float) or (kind is int and raw != int(raw)):
            return refuse(gettext_noop("“%(value)s” is no number."), value=shown)
        low, high = limits.get("minimum"), limits.get("maximum")
        if (low is not None and raw < low) or (high is not None and raw > high):
            return refuse(
                gettext_noop("%(value)s must lie between %(low)s and %(high)s."),
                value=shown,
                low=low,
                high=high,
            )
        return kind(raw)
    if not isinstance(raw, str):
        return refuse(gettext_noop("This must be a text."))
    if kind is Duration:
        return _read_duration(raw, limits, refuse)
    if kind is time:
        return _parsed(_time, raw) or refuse(
            gettext_noop("“%(value)s” is no time. Write it like 09:30."), value=shown
        )
    if kind is datetime:
        return _parsed(_instant, raw) or refuse(
            gettext_noop("“%(value)s” is no moment. Write it like 2026-01-31T09:00:00Z."), value=shown
        )
    if kind is date:
        return _parsed(date.fromisoformat, raw) or refuse(
            gettext_noop("“%(value)s” is no date. Write it like 2026-01-31."), value=shown
        )
    if kind is Zone:
        from lib.localtime import zone

        return (
            raw
            if zone(raw)
            else refuse(gettext_noop("“%(value)s” is no time zone. Write it like Asia/Seoul."), value=shown)
        )
    if len(raw) > limits.get("length", 2000):
        return refuse(gettext_noop("This is longer than %(length)s characters."), length=limits["length"])
    if not raw.strip() and limits.get("minimum"):
        return refuse(gettext_noop("This is needed."))
    return raw


def _read_list(inner: Any, raw: Any, pointer: str, limits: Any, faults: list[Fault]) -> tuple[Any, ...]:
    if not isinstance(raw, list):
        faults.append(Fault(pointer, gettext_noop("This must be a list."), {}))
        return ()
    if len(raw) > limits.get("length", 2000):
        faults.append(
            Fault(
                pointer, gettext_noop("At most %(length)s are possible here."), {"length": limits["length"]}
            )
        )
    if limits.get("minimum") and len(raw) < limits["minimum"]:
        faults.append(
            Fault(pointer, gettext_noop("At least %(count)s needed."), {"count": limits["minimum"]})
        )
    allowed = limits.get("values")
    values = []
    for index, part in enumerate(raw):
        where = f"{pointer}/{escape(index)}"
        if allowed and part not in allowed:
            faults.append(
                Fault(
                    where,
                    gettext_noop("“%(value)s” is none of: %(choices)s."),
                    {"value": str(part)[:80], "choices": ", ".join(allowed)},
                )
            )
        values.append(_read(inner, part, where, {}, faults))
    return tuple(values)


def _read_duration(raw: str, limits: Any, refuse: Any) -> Any:
    try:
        duration = parse_duration(raw)
    except DurationError:
        return refuse(
            gettext_noop("“%(value)s” is no length of time. Write it like PT1H or P3D."), value=raw[:80]
        )
    if limits.get("positive", True) and (duration.negative or not duration.length):
        return refuse(gettext_noop("“%(value)s” must be longer than nothing."), value=raw[:80])
    return duration


def _parsed(parse: Any, raw: str) -> Any:
    try:
        return parse(raw)
    except ValueError:
        return None


def _time(raw: str) -> time | None:
    if len(raw) != 5 or raw[2] != ":" or not raw.replace(":", "").isascii():
        return None
    return time(int(raw[:2]), int(raw[3:]))


def _instant(raw: str) -> datetime | None:
    moment = datetime.fromisoformat(raw)
    return moment if moment.tzinfo else None


def _schema(kind: Any, limits: Any) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = _schema(next(a for a in get_args(kind) if a is not type(None)), limits)
        return {"anyOf": [inner, {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if origin is tuple:
        inner = _schema(get_args(kind)[0], {})
        if limits.get("values"):
            inner = {"enum": list(limits["values"])}
        return {"type": "array", "items": inner, "maxItems": limits.get("length", 2000)}
    if kind is Condition:
        return {"$ref": "#/$defs/condition"}
    if kind is Value:
        return {}
    if origin is dict or kind is dict:
        return {"type": "object"}
    if is_dataclass(kind) and kind is not Duration:
        return schema(cast("type[Any]", kind))
    named: dict[Any, dict[str, Any]] = {
        Duration: {"type": "string", "format": "duration"},
        time: {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"},
        datetime: {"type": "string", "format": "date-time"},
        date: {"type": "string", "format": "date"},
        bool: {"type": "boolean"},
        int: {"type": "integer"},
        float: {"type": "number"},
    }
    out = named.get(kind, {"type": "string"})
    if kind in (int, float):
        out = out | {k: limits[k] for k in ("minimum", "maximum") if limits.get(k) is not None}
    return out
