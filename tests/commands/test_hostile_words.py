"""Words from files cannot steer a terminal, pose as markup, or break a drawing or a page."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import validation
from edge.errors import ConfigError
from edge.paper.sop import terminal
from edge.printable import printable, printable_lines, unfit
from tests.command_line import invoke
from tests.commands.hostile_office import AFTER, BEFORE, build
from tests.longer import either, slow

# What rich writes: colours, and the ends of lines.
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
# Markup of rich, of XML, of spreadsheets; a prompt, a placeholder, another message.
MARKUP = [
    "[bold]", "[/]", "[link=http://x]", ":smile:", "<script>", "]]>", "&amp;", "--><!--", "'\"",
    "=1+1", "|a|", "${x}", "%s", "\\x1b", "`x`",
]  # fmt: skip
# What the loader refuses, and an older version may have stored.
CONTROLS = ["\x1b[2J", "\x1b]8;;http://x\x07", "\x9b2J", "\x7f", "\u202e", "\u2066", "\ufffe"]

COMMANDS = [
    ["check", "--config", "CONFIG"],
    ["wiring", "--config", "CONFIG"],
    ["panel", "--config", "CONFIG"],
    ["sop", "list", "--folder", "SOP"],
    ["sop", "show", "pimpinan", "--folder", "SOP"],
    ["sop", "show", "pimpinan", "--folder", "SOP", "--lang", "en"],
    ["sop", "verify", "pimpinan", "--folder", "SOP"],
    ["sop", "diff", "pimpinan", "eselon-2-3", "--folder", "SOP"],
    ["sop", "reasons", "--config", "CONFIG"],
]


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def _terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have rich write as on a terminal of many columns, or as into a pipe."""
    monkeypatch.setenv("COLUMNS", "4000")
    monkeypatch.setattr(terminal, "_WIDTH", 4000)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if request.param:
        monkeypatch.setenv("FORCE_COLOR", "1")


def _printed(word: str, commands: list[list[str]]) -> Iterator[str]:
    """Yield the outputs of *commands* at an office with *word* in every text."""
    with tempfile.TemporaryDirectory() as folder:
        config = build(Path(folder), word)
        places = {"CONFIG": str(config), "SOP": str(config.parent / "sop"), "OUT": folder}
        for command in commands:
            done = invoke([places.get(one, one) for one in command])
            refused = done.exception
            problems = refused.problems if isinstance(refused, ConfigError) else []
            assert problems or isinstance(refused, SystemExit | None), command
            # What main() prints of an error (edge/commands/main.py).
            yield done.stdout + done.stderr + "\n".join(map(printable_lines, problems))


def _words_in(text: str) -> list[str]:
    return re.findall(f"{BEFORE}(.*?){AFTER}", text, re.DOTALL)


@slow
@pytest.mark.usefixtures("_terminal")
def test_markup_is_printed_as_words() -> None:
    """Brackets, colons and escapes in a file's words are printed as they stand."""
    word = "".join(MARKUP)[:40].replace("[bold]", "[b]")
    for command, output in zip(COMMANDS, _printed(word, COMMANDS), strict=True):
        rest = _STYLES.sub("", output)
        assert unfit(rest) == ""
        assert set(_words_in(rest)) <= {word}
        assert _words_in(rest) or command[0] in ("check", "wiring")


@slow
@pytest.mark.parametrize("word", MARKUP)
@pytest.mark.usefixtures("_terminal")
def test_each_kind_of_markup_is_printed_as_words(word: str) -> None:
    """No single one is taken for markup by a command that prints in colours."""
    for output in _printed(word, [COMMANDS[2], COMMANDS[4], COMMANDS[7]]):
        assert set(_words_in(_STYLES.sub("", output))) == {word}


@pytest.mark.parametrize("word", CONTROLS)
def test_the_loader_names_a_character_that_no_text_may_hold(word: str) -> None:
    """The refusal has file, line and key, and the character by its number."""
    (output,) = _printed(word, [["sop", "show", "pimpinan", "--folder", "SOP"]])
    bad = next(one for one in word if unfit(one))
    assert re.search(
        rf"pimpinan\.toml: line \d+: title\.id: has the character U\+{ord(bad):04X}", output
    )
    assert "allowed: text without it" in output
    assert unfit(output) == ""


@slow
@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("word", ["\x9b2J\u202eabc\ufffe"])
def test_stored_words_do_not_steer_a_terminal(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that an older version accepted are printed as escapes."""
    monkeypatch.setattr(validation, "unfit", lambda _: "")
    for output in _printed(word, COMMANDS):
        rest = _STYLES.sub("", output)
        assert unfit(rest) == ""
        assert set(_words_in(rest)) <= {printable(word)}


DRAWN = [
    ["wiring", "--config", "CONFIG", "--svg", "OUT/wiring.svg"],
    ["panel", "--config", "CONFIG", "--svg", "OUT/panel.svg", "--screen", "OUT"],
    ["sop", "show", "pimpinan", "--folder", "SOP", "--form", "flowchart", "--format", "svg",
     "-o", "OUT/flow.svg"],
]  # fmt: skip
WORDS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'[]"),
    min_size=1, max_size=12,
).filter(lambda word: not re.search(r"[\x00-\x1f\x7f]|[QXY\s{}]", word))  # fmt: skip


@slow
@given(WORDS)
@settings(max_examples=either(4, 60), deadline=None)
def test_no_words_break_a_drawing_or_a_page(word: str) -> None:
    """Each drawing is XML, and each page holds the words escaped."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "unfit", lambda _: "")
        config = build(Path(folder), word)
        for command in DRAWN:
            done = invoke(
                [
                    one.replace("CONFIG", str(config)).replace("SOP", f"{folder}/sop")
                    .replace("OUT", folder)
                    for one in command
                ]
            )  # fmt: skip
            assert done.exit_code == 0, done.output + str(done.exception)
        files = list(Path(folder).glob("*.svg"))
        assert len(files) > len(DRAWN)
        for file in files:
            text = "".join(ET.fromstring(file.read_text("utf-8")).itertext())
            assert unfit(text) == ""
        done = invoke(["sop", "show", "pimpinan", "--folder", f"{folder}/sop", "--format", "html"])
        page = done.stdout
        assert unfit(page) == ""
        assert "<script" not in page
