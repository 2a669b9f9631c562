"""Charts as SVG, legible on a screen and on paper in grey. Pure.

Text is escaped here; the numbers are in the picture, so that they need not be read from lengths.
"""

from collections.abc import Sequence
from html import escape

from edge.report.captions import ReportWords
from edge.report.tables import clock_hour, duration, hours
from edge.sop.monthly_summary import StepTimes, Summary

_WIDTH = 700
_FONT = 'font-family="DejaVu Sans, sans-serif"'
_BLUE, _PALE, _RED, _INK, _GREY = "#2f5f8f", "#a9c4de", "#c0281f", "#222", "#999"


def arrivals(summary: Summary, words: ReportWords) -> str:
    """Return a chart with a bar for each hour from the first with arrivals to the last."""
    rows = [(str(hour), int(visits or 0)) for hour, visits in hours(summary, words).rows]
    return _columns(rows)


def days(summary: Summary) -> str:
    """Return a chart with a bar for each day of the month."""
    return _columns([(str(int(row.day[-2:])), row.visits) for row in summary.days])


def week(summary: Summary, words: ReportWords) -> str:
    """Return a chart of arrivals by weekday and hour: darker for more, with the numbers."""
    busy = [hour for hour, visits in enumerate(summary.hours) if visits]
    if not busy:
        return ""
    span = range(busy[0], busy[-1] + 1)
    most = max(map(max, summary.week))
    left, high = 90, 24
    wide = (_WIDTH - left) / len(span)
    parts = []
    for place, hour in enumerate(span):
        parts.append(_text(left + (place + 0.5) * wide, 12, clock_hour(hour)[:2], size=10))
    for row, counts in enumerate(summary.week):
        top = 18 + row * high
        parts.append(_text(left - 8, top + 16, words.weekday(row), size=10, anchor="end"))
        for place, hour in enumerate(span):
            shade = counts[hour] / most
            x = left + place * wide
            parts.append(_box(x, top, wide - 1, high - 1, _shade(shade)))
            ink = "#fff" if shade > 0.55 else _INK
            if counts[hour]:
                number = str(counts[hour])
                parts.append(_text(x + wide / 2, top + 16, number, size=10, ink=ink))
    return _svg(18 + 7 * high + 4, parts)


def steps(rows: Sequence[StepTimes]) -> str:
    """Return a chart of one procedure's steps: median, 95th percentile and standard time."""
    shown = [row for row in rows if row.median_s is not None]
    if not shown:
        return ""
    longest = max(max(row.p95_s or 0, row.standard_s or 0) for row in shown) or 1
    left, right, high = 150, 150, 30
    scale = (_WIDTH - left - right) / longest
    parts = []
    for place, row in enumerate(shown):
        parts += _step(row, 4 + place * high, left, scale)
    return _svg(len(shown) * high + 6, parts)


def _step(row: StepTimes, top: float, left: float, scale: float) -> list[str]:
    median_s, p95_s = row.median_s or 0, row.p95_s or 0
    name = f"{row.number}. {row.step}"
    reach = max(p95_s, row.standard_s or 0)
    values = f"{duration(median_s)} · {duration(p95_s)}"
    parts = [
        _text(left - 8, top + 16, name, size=10.5, anchor="end"),
        _box(left, top + 4, max(1, median_s * scale), 16, _PALE if not row.standard_s else _BLUE),
        _line(left + median_s * scale, top + 12, left + p95_s * scale, top + 12, _INK, 1.5),
        _line(left + p95_s * scale, top + 7, left + p95_s * scale, top + 17, _INK, 1.5),
    ]
    if row.standard_s is not None:
        x = left + row.standard_s * scale
        parts.append(_line(x, top, x, top + 24, _RED, 2.5))
        values += f" / {duration(row.standard_s)}"
    parts.append(_text(left + reach * scale + 8, top + 16, values, size=10, anchor="start"))
    return parts


def _columns(rows: Sequence[tuple[str, int]]) -> str:
    most = max((visits for _, visits in rows), default=0)
    if not most:
        return ""
    high, wide = 150, _WIDTH / len(rows)
    parts = [_line(0, high + 18, _WIDTH, high + 18, _GREY, 1)]
    for place, (name, visits) in enumerate(rows):
        x, tall = place * wide, visits / most * high
        parts.append(_box(x + wide * 0.12, high + 18 - tall, wide * 0.76, tall, _BLUE))
        middle = x + wide / 2
        if visits:
            parts.append(_text(middle, high + 14 - tall, str(visits), size=min(10, wide * 0.45)))
        parts.append(_text(middle, high + 32, name, size=10))
    return _svg(high + 40, parts)


def _svg(height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" '
        f'width="100%" role="img" {_FONT}>{"".join(parts)}</svg>'
    )


def _text(
    x: float, y: float, words: str, *, size: float, anchor: str = "middle", ink: str = _INK
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{ink}">{escape(words)}</text>'
    )


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, width: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{ink}" stroke-width="{width:g}"/>'
    )


def _shade(part: float) -> str:
    """Return the colour of *part* (0 to 1): from nearly white to the blue of the bars."""
    light, dark = (244, 247, 250), (47, 95, 143)
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(light, dark, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
