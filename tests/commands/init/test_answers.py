"""Files of answers: every problem at once with its line, and a file that describes each key."""

import shutil
import tomllib
from pathlib import Path

import pytest

from edge.commands.init.questions.table import GROUPS
from edge.config.places import default_config_folder
from tests.command_line import invoke
from tests.commands.init.offices import init

WRONG = """\
[checkpoint]
procedures = ["pimpinan", "pimpinam"]
site = "Setda"
timezone = "WIB"
colour = "blue"

[broker]
url = "http://broker"

[lockers]
count = 0
driver = "kerongg"

[equipment]
safety = ["fire", "fire"]
buzzer = "yes"

[extra]
x = 1
"""


def refused(tmp_path: Path, text: str) -> list[str]:
    """Run `gardu init` on answers that are refused; return the lines of stderr."""
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    result = invoke(["init", "-c", str(tmp_path / "new" / "gardu.toml"), "--answers", str(file)])
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()
    return [line.removeprefix(f"{file}: ") for line in result.stderr.splitlines()]


def test_every_wrong_answer_is_named_at_once(tmp_path: Path) -> None:
    """File, line, key, value and what is allowed; unknown keys too; nothing is written."""
    lines = refused(tmp_path, WRONG)
    for start in (
        "line 2: checkpoint.procedures: is 'pimpinam' (did you mean pimpinan?); allowed: eselon",
        "line 3: checkpoint.site: is 'Setda'; allowed: lower-case letters",
        "line 4: checkpoint.timezone: is 'WIB', which is no time zone (did you mean Asia/Jakarta",
        "line 5: checkpoint.colour: is no answer",
        "line 8: broker.url: is 'http://broker'; allowed: mqtt:// or mqtts://",
        "line 16: equipment.buzzer: is 'yes'; allowed: true or false",
        "line 15: equipment.safety: has 'fire' twice; allowed: each once",
        "line 19: extra.x: is no answer",
    ):
        assert any(line.startswith(start) for line in lines), (start, lines)


def test_a_missing_answer_is_named(tmp_path: Path) -> None:
    """The name of the office and the procedures have no default: both are asked for."""
    lines = refused(tmp_path, "")
    assert any(one.startswith("checkpoint.site: is missing: Short name of the of") for one in lines)
    assert any(one.startswith("checkpoint.procedures: is missing") for one in lines)
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("[lockers]\ncount = 4", "none of the chosen procedures uses lockers"),
        ("[broker]\nusername = 'x'", 'broker.url is "later"'),
        ("[buzzer]\nat = 'pi'", "equipment.modules names no module"),
        ("[cameras.attic]\ndriver = 'http'", "equipment.cameras does not name it"),
        ("[panels.officer-9]\nat = 'pi'", "no chosen procedure has this station"),
        ("[places.hall]\nat_most = 2", "no chosen procedure waits for room there"),
        ("[card_pools.vip]\ncount = 2", "no kind of guests names that pool"),
        ("[guest_kinds.vip]\npriority = 2", "guests.kinds does not name it"),
        ("[cards]\nescorts = 2", "or there are none"),
        ("[aiphone.aide]\ntitle = 'X'", "an aide answers there"),
    ],
)
def test_an_answer_that_is_of_no_use_is_named_with_the_reason(
    extra: str, reason: str, tmp_path: Path
) -> None:
    """An answer is never ignored in silence: the reason for which it is not asked is given."""
    lines = refused(tmp_path, f'[checkpoint]\nprocedures=["jatim"]\nsite="x"\n{extra}\n')
    assert len(lines) == 1
    assert "is of no use here" in lines[0]
    assert reason in lines[0]


def test_the_station_of_a_person_who_approves_has_one_place_in_the_answers(tmp_path: Path) -> None:
    """The procedure names it; as a station of an aide it would be asked twice."""
    sop = tmp_path / "office" / "sop"
    sop.mkdir(parents=True)
    shutil.copy(default_config_folder() / "sop/examples/pusat-data.toml", sop)
    _, result = init(
        tmp_path,
        {
            "checkpoint": {"procedures": ["pusat-data"]},
            "equipment": {"aiphones": ["kepala-keamanan"]},
        },
    )
    assert result.exit_code == 2
    assert "equipment.aiphones: has 'kepala-keamanan', which a procedure names" in result.stderr


@pytest.mark.parametrize(
    ("broker", "problem"),
    [
        ({"url": "mqtts://b.example", "ca_file": "ca.pem"}, "broker.ca_file: is 'ca.pem', which"),
        (
            {"url": "mqtt://b.example", "username": "u", "password_file": "p"},
            "would be in plain text",
        ),
    ],
)
def test_files_that_are_missing_or_in_plain_text_are_refused(
    broker: dict[str, str], problem: str, tmp_path: Path
) -> None:
    """A file is there or "later"; a password does not go over a network in plain text."""
    answers = {"checkpoint": {"procedures": ["jatim"]}, "broker": broker}
    _, result = init(tmp_path, answers)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_card_numbers_come_from_a_file(tmp_path: Path) -> None:
    """One number a line; a wrong one is named with the line of that file."""
    office = tmp_path / "office"
    office.mkdir()
    cards = office / "cards.txt"
    cards.write_text("# pool\n0100a4c101\n\n0100A4C102\n", encoding="ascii")
    answers = {"checkpoint": {"procedures": ["jatim"]}, "cards": {"visitor": "cards.txt"}}
    config, result = init(tmp_path, answers)
    assert result.exit_code == 0, result.output
    pool = tomllib.loads(config.read_text(encoding="utf-8"))["cards"]["visitor"]
    assert pool == ["0100A4C101", "0100A4C102"]
    cards.write_text("0100A4C101\nlost\n", encoding="ascii")
    _, result = init(tmp_path, answers, "--force")
    assert result.exit_code == 2
    assert f"{cards}: line 2: is 'LOST'; allowed: 8, 10, 14 or 20 hex" in result.stderr


def test_every_answer_is_described_in_the_example(tmp_path: Path) -> None:
    """--print-answers has every question, is TOML, and can be used once it is filled in."""
    result = invoke(["init", "-c", str(tmp_path / "gardu.toml"), "--print-answers"])
    text = result.stdout
    for group in GROUPS:
        table = text.split(f"[{group.key.replace('*', 'NAME')}]\n")[1].split("\n\n")[0]
        for question in group.questions:
            assert f"\n{question.key} = " in table.replace("# ", "")
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    result = invoke(["init", "-c", str(tmp_path / "gardu.toml"), "--answers", str(file)])
    assert result.exit_code == 0, result.output


def test_saved_answers_make_the_same_config(tmp_path: Path) -> None:
    """--save-answers writes all answers, defaults too; from these the same config comes again."""
    saved = tmp_path / "saved.toml"
    answers = {"checkpoint": {"procedures": ["pimpinan"]}, "lockers": {"count": 24}}
    config, _ = init(tmp_path, answers, "--save-answers", str(saved))
    first = config.read_text(encoding="utf-8")
    words = ["init", "-c", str(config), "--answers", str(saved), "--force"]
    assert invoke(words).exit_code == 0
    assert config.read_text(encoding="utf-8") == first
    assert saved.stat().st_mode & 0o777 == 0o600


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """--dry-run prints the config, and no file is there afterwards."""
    config, result = init(tmp_path, {"checkpoint": {"procedures": ["jatim"]}}, "--dry-run")
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout)["checkpoint"]["procedures"] == ["jatim"]
    assert not config.parent.exists()


def test_without_a_terminal_answers_are_required(tmp_path: Path) -> None:
    """In a script, `gardu init` does not wait for answers that nobody types."""
    result = invoke(["init", "-c", str(tmp_path / "gardu.toml")])
    assert result.exit_code == 2
    assert "--answers" in result.stderr
    assert list(tmp_path.iterdir()) == []
