"""Drawings, workbooks and tables hold any words: valid files, and no formulas."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from edge.paper import svg
from edge.printable import in_document, unfit
from edge.report.plain import harmless

ANY = st.text(st.characters(exclude_categories=[]), max_size=20)


@given(ANY)
def test_a_drawing_is_xml_for_any_words(words: str) -> None:
    """Title, text and attributes with any character make a file that an XML parser reads back."""
    drawing = svg.document(100, 100, words)
    svg.text(drawing, 1, 1, words, 3)
    svg.shape(drawing, "g", data_button=words)
    read = ET.fromstring(svg.file_text(drawing).encode())
    shown = in_document(words)
    assert unfit(shown) == ""
    assert [element.text or "" for element in read if element.tag.endswith("text")] == [shown]
    # An attribute's line breaks and tabs are spaces to some readers; nothing else may change.
    assert read[-1].get("data-button") == shown


@given(st.sampled_from("=+-@\t\r"), ANY)
def test_no_cell_begins_a_formula(first: str, words: str) -> None:
    """An apostrophe stands before what a spreadsheet would calculate."""
    assert harmless(first + words).startswith("'")
