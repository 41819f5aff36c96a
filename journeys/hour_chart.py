"""Stacked bars, one an hour, as plain numbers for an SVG. The page draws them without a chart library."""

from dataclasses import dataclass

from workspaces import words

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 744, 196, 34, 8, 20
COLOURS = {
    "email": "var(--gm-c2)",
    "sms": "var(--gm-c3)",
    "push": "var(--gm-c5)",
    "in_app": "var(--gm-c6)",
    "social": "var(--gm-c0)",
}
OTHER = "var(--gm-c4)"


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Line:
    y: float
    label: str


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    lines: list[Line]
    hours: list[tuple[float, str]]
    now_x: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM


def colour(medium: str) -> str:
    return COLOURS.get(medium, OTHER)


def chart(by_hour: dict[str, list[int]], hour_now: float) -> Chart:
    """by_hour: {medium: [24 counts]}; hour_now: 14.5 at half past two."""
    inner_width, inner_height = WIDTH - LEFT - 4, HEIGHT - BOTTOM - TOP
    slot = inner_width / 24
    top = _round_up(max((sum(column) for column in zip(*by_hour.values(), strict=True)), default=0))
    bars = []
    for hour in range(24):
        y = float(HEIGHT - BOTTOM)
        for medium, counts in by_hour.items():
            if counts[hour]:
                height = inner_height * counts[hour] / top
                y -= height
                x = LEFT + hour * slot + slot * 0.17
                bars.append(Bar(_r(x), _r(y), _r(slot * 0.66), _r(max(0.5, height - 1)), colour(medium)))
    steps = 4 if top % 4 == 0 else 2 if top % 2 == 0 else 1
    lines = [
        Line(_r(TOP + inner_height * (1 - part / steps)), words.compact(top * part // steps))
        for part in range(steps + 1)
    ]
    hours = [(_r(LEFT + hour * slot + slot / 2), f"{hour:02d}") for hour in range(0, 24, 3)]
    return Chart(bars, lines, hours, _r(LEFT + hour_now * slot))


def _round_up(value: int) -> int:
    """The next 1, 2, 4 or 8 times a power of ten, at least 4: axis ends that quarter well."""
    size = 1
    while True:
        for step in (1, 2, 4, 8):
            if step * size >= max(value, 4):
                return step * size
        size *= 10


def _r(value: float) -> float:
    return round(value, 1)
