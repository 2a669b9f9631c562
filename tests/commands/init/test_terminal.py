"""The dialogue on a real pseudo-terminal: defaults, explanations, back, changes, Ctrl-C, resume."""

import signal
import tomllib
from pathlib import Path

import pytest

from tests.command_line import invoke
from tests.commands.init.terminal import Terminal, office

REVIEW = "Enter writes the files."


def enter_until(terminal: Terminal, words: str) -> None:
    """Press Enter at each question up to the one with *words*."""
    while words not in terminal.until("> "):
        terminal.type("")


def test_enter_at_each_question_makes_a_config(tmp_path: Path) -> None:
    """Two answers and Enter for the rest: a config in which check finds nothing."""
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("Which procedures")
        terminal.until("> ")
        terminal.type("pimpinan")
        terminal.until("Short name of the office")
        terminal.until("> ")
        terminal.type("setda-x")
        enter_until(terminal, REVIEW)
        terminal.type("")
        assert terminal.end() == 0
    assert "Still to be filled in" in terminal.seen
    assert invoke(["check", "-c", str(tmp_path / "gardu.toml")]).exit_code == 0


def test_a_wrong_answer_is_explained_and_asked_again(tmp_path: Path) -> None:
    """?, numbers of a list, a wrong word, back and a change at the review all do as they say."""
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("> ")
        terminal.type("?")
        assert "only equipment" in terminal.until("Key in a file")
        terminal.until("> ")
        terminal.type("9")
        terminal.until("This answer is '9'; allowed: eselon-2-3")
        terminal.until("> ")
        terminal.type("3")  # jatim
        terminal.until("Short name of the office")
        terminal.until("> ")
        terminal.type("back")
        terminal.until("Which procedures")
        assert "[jatim]" in terminal.until("> ")  # the answer of before is the default
        terminal.type("")
        terminal.until("Short name of the office")
        terminal.until("> ")
        terminal.type("Kantor")
        terminal.until("allowed: lower-case letters")
        terminal.until("> ")
        terminal.type("kantor")
        enter_until(terminal, REVIEW)
        terminal.type("3")  # checkpoint.id
        terminal.until("[lobby]")
        terminal.until("> ")
        terminal.type("pintu-1")
        terminal.until(REVIEW)
        terminal.until("> ")
        terminal.type("")
        assert terminal.end() == 0
    config = tomllib.loads((tmp_path / "gardu.toml").read_text(encoding="utf-8"))
    assert config["checkpoint"]["id"] == "pintu-1"
    assert config["checkpoint"]["procedures"] == ["jatim"]
    assert "lockers" not in config


def test_too_few_pins_lead_to_a_change(tmp_path: Path) -> None:
    """No file can be written until an answer is changed; the ways out are printed."""
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("> ")
        terminal.type("eselon-4-asn")
        terminal.until("> ")
        terminal.type("x")
        enter_until(terminal, "How are their locks wired")
        terminal.type("gpio")
        enter_until(terminal, "How many meanings")
        terminal.type("")
        shown = terminal.until("A number changes that answer.")
        assert "frees 24 pins" in shown
        assert REVIEW not in shown
    assert not (tmp_path / "gardu.toml").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_dialogue_goes_on_in_the_next_run(
    number: signal.Signals, tmp_path: Path
) -> None:
    """Ctrl-C, a stop or a lost line: no config; the answers so far are the next run's defaults."""
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("> ")
        terminal.type("jatim")
        terminal.until("> ")
        terminal.type("kantor-lama")
        terminal.until("Short name of this checkpoint")
        terminal.until("> ")
        terminal.interrupt(number)
        assert terminal.end() == 130
    assert [path.name for path in tmp_path.iterdir()] == ["gardu-answers.toml"]
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("Answers of an earlier run are in")
        assert "[jatim]" in terminal.until("> ")
        terminal.type("")
        assert "[kantor-lama]" in terminal.until("> ")
        terminal.interrupt()
        assert terminal.end() == 130


def test_an_end_before_the_first_answer_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C at the first question: no file at all."""
    with Terminal(*office(tmp_path)) as terminal:
        terminal.until("> ")
        terminal.interrupt()
        assert terminal.end() == 130
    assert "Nothing was written." in terminal.seen
    assert list(tmp_path.iterdir()) == []
