"""The checker of flow charts finds each kind of overlap that a drawing could have."""

from collections.abc import Callable
from typing import Any

import pytest

from edge.paper.flowchart.flowchart import layout
from edge.paper.flowchart.page import ChartPage
from edge.paper.lettering import CellLine
from edge.paper.words import Language
from tests.paper.odd_procedures import LOOP
from tests.paper.overlaps import overlaps

BACK, AHEAD, DOWN = "langkah-4?fase", "langkah-1", "start"


def _moved_symbol(page: ChartPage) -> ChartPage:
    here = page.symbols["langkah-2"]
    return page._replace(symbols={**page.symbols, "langkah-2": page.symbols["langkah-1"]._replace(
        node=here.node, x=page.symbols["langkah-1"].x + 5)})  # fmt: skip


def _changed(page: ChartPage, start: str, **changes: Any) -> ChartPage:
    ways = [way._replace(**changes) if way.start == start else way for way in page.connectors]
    return page._replace(connectors=ways)


def _line_through_a_box(page: ChartPage) -> ChartPage:
    box = page.symbols["langkah-3"]
    return _changed(page, DOWN, points=[(box.x, box.top - 3), (box.x, box.bottom + 3)])


def _slanted_line(page: ChartPage) -> ChartPage:
    return _changed(page, DOWN, points=[(90.0, 2.0), (95.0, 8.0)])


def _line_on_a_line(page: ChartPage) -> ChartPage:
    other = next(way for way in page.connectors if way.start == "langkah-3")
    return _changed(page, DOWN, points=other.points)


def _line_that_turns_on_a_line(page: ChartPage) -> ChartPage:
    x, y = next(way for way in page.connectors if way.start == "langkah-3").points[1]
    return _changed(page, DOWN, points=[(x + 3, y - 2), (x + 3, y), (x + 9, y - 2)])


def _label_over_a_box(page: ChartPage) -> ChartPage:
    box = page.symbols["langkah-3"]
    return _changed(page, BACK, at=(box.x, box.y))


def _label_under_a_line(page: ChartPage) -> ChartPage:
    x, y = next(way for way in page.connectors if way.start == "langkah-3").points[1]
    return _changed(page, BACK, at=(x + 1, y + 0.5))


def _word_wider_than_its_box(page: ChartPage) -> ChartPage:
    here = page.symbols["langkah-2"]._replace(lines=["pertanggungjawaban sekretariat"])
    return page._replace(symbols={**page.symbols, "langkah-2": here})


def _text_higher_than_its_row(page: ChartPage) -> ChartPage:
    row = page.rows[1]
    high = row._replace(cells=[[CellLine("a")] * 60, *row.cells[1:]])
    return page._replace(rows=[page.rows[0], high, *page.rows[2:]])


def _text_wider_than_its_column(page: ChartPage) -> ChartPage:
    row = page.rows[1]
    wide = row._replace(cells=[[CellLine("pertanggungjawaban")], *row.cells[1:]])
    return page._replace(rows=[page.rows[0], wide, *page.rows[2:]])


def _label_on_the_line_of_a_lane(page: ChartPage) -> ChartPage:
    way = next(way for way in page.connectors if way.start == BACK and way.label)
    box = page.symbols["langkah-2"]
    other = page.symbols["langkah-3"]
    return _changed(page, BACK, at=((box.x + other.x) / 2, way.at[1]), anchor="middle")


def _page_too_high(page: ChartPage) -> ChartPage:
    return page._replace(height=250.0)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_moved_symbol, "langkah-1 overlaps langkah-2"),
        (_line_through_a_box, "runs through langkah-3"),
        (_slanted_line, "is slanted"),
        (_line_on_a_line, "runs along"),
        (_line_that_turns_on_a_line, "touches"),
        (_label_over_a_box, "lies over langkah-3"),
        (_label_under_a_line, "runs through 'tidak'"),
        (_word_wider_than_its_box, "langkah-2: 'pertanggungjawaban sekretariat'"),
        (_text_higher_than_its_row, "a row is"),
        (_text_wider_than_its_column, "a text of No is"),
        (_label_on_the_line_of_a_lane, "lies on a lane's line"),
        (_page_too_high, "is 250.0 mm high"),
    ],
)
def test_each_kind_of_overlap_is_found(spoil: Callable[[ChartPage], ChartPage], words: str) -> None:
    """A checker that finds nothing would let every drawing pass."""
    chart = layout(LOOP, Language.ID)
    assert overlaps(chart) == []
    spoilt = chart._replace(pages=[spoil(chart.pages[0])])
    assert any(words in problem for problem in overlaps(spoilt)), overlaps(spoilt)
