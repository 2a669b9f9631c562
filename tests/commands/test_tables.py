"""Tables of any length: each row once, aligned, with a page of them in memory."""

from collections.abc import Iterator

import pytest

from edge.commands import tables
from edge.commands.tables import show_long_table, show_table


class Source:
    """Rows that are made when they are asked for, and counted."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.made = 0

    def __iter__(self) -> Iterator[list[str]]:
        for number in range(1, self.count + 1):
            self.made = number
            yield [str(number), "x" * (number % 7)]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95])
def test_every_row_is_printed_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """With less than a page, whole pages and a rest: title, headers, then all rows in order."""
    monkeypatch.setattr(tables, "_PAGE", 10)
    show_long_table("Title", ["n", "text"], Source(count), on_output=lambda: None)
    title, headers, *rows, last = capsys.readouterr().out.split("\n")[:-1]
    assert (title, headers.split(), last) == ("Title", ["n", "text"], "")
    assert [row.split() for row in rows] == [
        [str(n), "x" * (n % 7)] if n % 7 else [str(n)] for n in range(1, count + 1)
    ]


def test_columns_grow_with_later_pages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells are aligned within a page; a wider cell widens its column from its page on."""
    monkeypatch.setattr(tables, "_PAGE", 2)
    rows = [["1", "a"], ["2", "b"], ["1000", "c"], ["4", "d"], ["5", "e"]]
    show_long_table("Title", ["n", "text"], rows, on_output=lambda: None)
    assert capsys.readouterr().out.split("\n")[1:7] == [
        "n  text", "1  a", "2  b", "1000  c", "4     d", "5     e",
    ]  # fmt: skip


def test_only_pages_are_in_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output begins after two pages have been made, not after all rows have."""
    monkeypatch.setattr(tables, "_PAGE", 10)
    source, made = Source(1000), list[int]()
    show_long_table("Title", ["n", "text"], source, on_output=lambda: made.append(source.made))
    assert made == [20]
    assert source.made == 1000


@pytest.mark.parametrize("on_terminal", [True, False])
def test_foreign_text_in_a_cell_is_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, on_terminal: bool
) -> None:
    """Markup, escape sequences and line breaks in cells and title are shown, not obeyed."""
    if on_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show_table("[/x]", ["n", "text"], [["1", "[/red]\x1b]0;x\x07"], ["2", "a\nb\u202e"]])
    out = capsys.readouterr().out
    assert "[/x]" in out
    assert r"[/red]\x1b]0;x\x07" in out
    assert r"a\nb\u202e" in out
    assert "\x1b]" not in out
    assert "\u202e" not in out
