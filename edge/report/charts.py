"""Charts as SVG, legible on a screen and on paper in grey. Pure.

Text is escaped here; the numbers are in the picture, so that they need not be read from lengths.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from edge.paper import svg as draw
from edge.paper.lettering import elide, width
from edge.report.captions import ReportWords
from edge.report.tables import clock_hour, duration, hours
from edge.sop.monthly_summary import StepTimes, Summary

_WIDTH = 700
# Of the names of steps: their size, and the most room that they have.
_NAME_SIZE, _WIDEST_NAMES = 10.5, 330
_BLUE, _PALE, _RED, _GREY = "#2f5f8f", "#a9c4de", "#c0281f", "#999"


def arrivals(summary: Summary, words: ReportWords, label: str = "") -> str:
    """Return a chart with a bar for each hour from the first with arrivals to the last."""
    rows = [(str(hour), int(visits or 0)) for hour, visits in hours(summary, words).rows]
    return _columns(rows, label)


def days(summary: Summary, label: str = "") -> str:
    """Return a chart with a bar for each day of the month."""
    return _columns([(str(int(row.day[-2:])), row.visits) for row in summary.days], label)


def week(summary: Summary, words: ReportWords, label: str = "") -> str:
    """Return a chart of arrivals by weekday and hour: darker for more, with the numbers."""
    busy = [hour for hour, visits in enumerate(summary.hours) if visits]
    if not busy:
        return ""
    span = range(busy[0], busy[-1] + 1)
    most = max(map(max, summary.week))
    left, high = 90, 24
    wide = (_WIDTH - left) / len(span)
    chart = draw.chart(_WIDTH, 18 + 7 * high + 4, label)
    for place, hour in enumerate(span):
        middle = left + (place + 0.5) * wide
        draw.text(chart, middle, 12, clock_hour(hour)[:2], 10, anchor="middle")
    for row, counts in enumerate(summary.week):
        top = 18 + row * high
        draw.text(chart, left - 8, top + 16, words.weekday(row), 10, anchor="end")
        for place, hour in enumerate(span):
            shade = counts[hour] / most
            x = left + place * wide
            draw.rect(chart, x, top, wide - 1, high - 1, fill=_shade(shade))
            ink = "#fff" if shade > 0.55 else draw.INK
            if counts[hour]:
                number = str(counts[hour])
                draw.text(chart, x + wide / 2, top + 16, number, 10, anchor="middle", fill=ink)
    return draw.element_text(chart)


def steps(rows: Sequence[StepTimes], label: str = "") -> str:
    """Return a chart of one procedure's steps: median, 95th percentile and standard time."""
    shown = [row for row in rows if row.median_s is not None]
    if not shown:
        return ""
    longest = max(max(row.p95_s or 0, row.standard_s or 0) for row in shown) or 1
    names = max(width(_name(row), _NAME_SIZE) for row in shown)
    left, right, high = min(max(150, names + 10), _WIDEST_NAMES), 150, 30
    scale = (_WIDTH - left - right) / longest
    chart = draw.chart(_WIDTH, len(shown) * high + 6, label)
    for place, row in enumerate(shown):
        _step(chart, row, 4 + place * high, left, scale)
    return draw.element_text(chart)


def _name(row: StepTimes) -> str:
    return f"{row.number}. {row.step}"


def _step(chart: ET.Element, row: StepTimes, top: float, left: float, scale: float) -> None:
    median_s, p95_s = row.median_s or 0, row.p95_s or 0
    name = elide(_name(row), _NAME_SIZE, left - 10)
    reach = max(p95_s, row.standard_s or 0)
    values = f"{duration(median_s)} · {duration(p95_s)}"
    end = left + p95_s * scale
    draw.text(chart, left - 8, top + 16, name, _NAME_SIZE, anchor="end")
    fill = _PALE if not row.standard_s else _BLUE
    draw.rect(chart, left, top + 4, max(1, median_s * scale), 16, fill=fill)
    draw.line(chart, left + median_s * scale, top + 12, end, top + 12, draw.INK, 1.5)
    draw.line(chart, end, top + 7, end, top + 17, draw.INK, 1.5)
    if row.standard_s is not None:
        x = left + row.standard_s * scale
        draw.line(chart, x, top, x, top + 24, _RED, 2.5)
        values += f" / {duration(row.standard_s)}"
    draw.text(chart, left + reach * scale + 8, top + 16, values, 10)


def _columns(rows: Sequence[tuple[str, int]], label: str) -> str:
    most = max((visits for _, visits in rows), default=0)
    if not most:
        return ""
    high, wide = 150, _WIDTH / len(rows)
    chart = draw.chart(_WIDTH, high + 40, label)
    draw.line(chart, 0, high + 18, _WIDTH, high + 18, _GREY, 1)
    for place, (name, visits) in enumerate(rows):
        x, tall = place * wide, visits / most * high
        draw.rect(chart, x + wide * 0.12, high + 18 - tall, wide * 0.76, tall, fill=_BLUE)
        middle = x + wide / 2
        if visits:
            size = min(10, wide * 0.45)
            draw.text(chart, middle, high + 14 - tall, str(visits), size, anchor="middle")
        draw.text(chart, middle, high + 32, name, 10, anchor="middle")
    return draw.element_text(chart)


def _shade(part: float) -> str:
    """Return the colour of *part* (0 to 1): from nearly white to the blue of the bars."""
    light, dark = (244, 247, 250), (47, 95, 143)
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(light, dark, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
