"""The commands of `gardu office broker`: what they print, their exit codes, wrong options."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from office.broker import kit
from tests.certificates import DAY, now
from tests.command_line import invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The place of a kit."""
    return tmp_path / "kit"


def run(folder: Path, *words: str) -> Result:
    """Return what `gardu office broker` did with *words* and the kit in *folder*."""
    return invoke(["office", "broker", *words], env={"GARDU_BROKER": str(folder)})


def make(folder: Path) -> Path:
    """Make a kit with two checkpoints, a desk and the office."""
    for words in (
        ("init", "--name", "broker.example", "--name", "127.0.0.1"),
        ("add", "kantor/lobi", "kantor/belakang"),
        ("add", "--desk", "meja", "--at", "kantor/lobi"),
        ("add", "--office", "pusat-1", "pusat-2"),
    ):
        ran = run(folder, *words)
        assert ran.exit_code == 0, ran.output
    return folder


@pytest.fixture
def made(folder: Path) -> Path:
    """A kit with two checkpoints, a desk and the office."""
    return make(folder)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a kit that no test changes."""
    return make(tmp_path_factory.mktemp("kits") / "kit")


def test_list_of_a_good_kit(unchanged: Path) -> None:
    """A row for each, nothing to do, exit code 0."""
    ran = run(unchanged, "list")
    assert ran.exit_code == 0, ran.output
    for name in ("authority", "server", "kantor.lobi", "kantor.belakang", "meja", "pusat-2"):
        assert name in ran.output
    assert ran.stderr == ""


def test_list_for_programs(unchanged: Path) -> None:
    """One document, with the dates and the checkpoints of a desk."""
    ran = run(unchanged, "list", "--json")
    listed = json.loads(ran.stdout)
    assert listed["problems"] == []
    rows = {row["name"]: row for row in listed["certificates"]}
    assert rows["meja"]["serves"] == ["kantor.lobi"]
    assert {row["status"] for row in rows.values()} == {"valid"}
    assert rows["kantor.lobi"]["ends"].endswith("Z")


def test_a_certificate_that_ends_soon_is_an_alarm(made: Path) -> None:
    """Named with the command that renews it, exit code 1; the limit can be chosen."""
    ran = run(made, "add", "kantor/lama", "--days", "10")
    assert ran.exit_code == 0
    ran = run(made, "list")
    assert ran.exit_code == 1
    assert "kantor.lama expires in 9 days" in ran.stderr
    assert "gardu office broker renew kantor.lama" in ran.stderr
    assert run(made, "list", "--within", "5").exit_code == 0
    kit.add(made, [kit.Wish("kantor.tua", "checkpoint")], now() - 10 * DAY, 5)
    assert "kantor.tua expired on" in run(made, "list", "--within", "5").stderr
    assert run(made, "renew", "kantor/lama", "kantor.tua").exit_code == 0
    assert run(made, "list").exit_code == 0


def test_something_wrong_is_an_alarm(made: Path) -> None:
    """A kit whose files were changed by hand ends with 1, as JSON too."""
    (made / "mosquitto/acl").write_text("topic readwrite #\n", encoding="utf-8")
    ran = run(made, "list")
    assert (ran.exit_code, "acl was changed by hand" in ran.stderr) == (1, True)
    assert len(json.loads(run(made, "list", "--json").stdout)["problems"]) == 1
    assert run(made, "write").exit_code == 0
    assert run(made, "list").exit_code == 0


def test_renew_and_revoke(made: Path) -> None:
    """The new bundle is named, and what is revoked; the server has its own certificate."""
    ran = run(made, "renew", "kantor/lobi", "server", "--name", "baru.example")
    assert "kantor.lobi-2.tar.gz" in ran.stdout
    assert "the broker's certificate is new" in ran.stdout
    ran = run(made, "revoke", "--older", "kantor/lobi")
    assert "revoked: certificate 1 of kantor.lobi" in ran.stdout
    assert "none to revoke" in run(made, "revoke", "--older", "kantor/lobi").stdout
    ran = run(made, "revoke", "kantor/lobi", "meja")
    assert "certificate 2 of kantor.lobi" in ran.stdout
    assert "user kantor.lobi" not in (made / "mosquitto/acl").read_text(encoding="utf-8")
    listed = run(made, "list")
    assert (listed.exit_code, listed.stdout.count("revoked")) == (0, 2)
    ran = run(made, "add", "kantor/lobi")
    assert "kantor.lobi-3.tar.gz" in ran.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("init",), 1, "--name broker.example.go.id"),
        (("init", "--name", "a b"), 1, "no name of a broker"),
        (("init", "--name", "a", "--listen", "a b"), 1, "no name of a broker"),
        (("init", "--name", "a", "--place", "etc"), 1, "no place"),
        (("init", "--name", "a", "--port", "0"), 2, "--port"),
        (("add", "kantor/lobi"), 1, "make one with gardu office broker init"),
        (("list",), 1, "make one with gardu office broker init"),
    ],
)
def test_before_there_is_a_kit(folder: Path, words: tuple[str, ...], code: int, says: str) -> None:
    """Each mistake has its own answer, and no folder is made."""
    ran = run(folder, *words)
    answer = ran.output + str(ran.exception or "")
    assert (ran.exit_code, says in answer) == (code, True), answer
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add",), 2, "Missing argument"),
        (("add", "lobi"), 1, "SITE/CHECKPOINT"),
        (("add", "Kantor/Lobi"), 1, "lower-case letters"),
        (("add", "a/b", "a/b"), 2, "a name is there twice"),
        (("add", "a/b", "--at", "kantor/lobi"), 2, "are for --desk"),
        (("add", "--desk", "baru"), 2, "a desk needs --at"),
        (("add", "--desk", "baru", "--at", "a/b", "--everywhere"), 2, "a desk needs --at"),
        (("add", "--desk", "--office", "baru"), 2, "not both"),
        (("add", "--desk", "baru", "--at", "kantor/loby"), 1, "did you mean kantor.lobi"),
        (("add", "--office", "a/b"), 1, "is no name for this"),
        (("add", "--office", "server"), 1, "is no name for this"),
        (("add", "kantor/lobi"), 1, "renew or revoke it"),
        (("add", "kantor/baru", "--days", "0"), 2, "--days"),
        (("renew", "kantor/loby"), 1, "did you mean kantor.lobi"),
        (("renew", "kantor/lobi", "--name", "a"), 2, "is for the server"),
        (("revoke", "server"), 1, "no client 'server'"),
        (("init", "--name", "a"), 1, "holds the key of an authority"),
    ],
)
def test_wrong_words(unchanged: Path, words: tuple[str, ...], code: int, says: str) -> None:
    """Each mistake has its own answer; nothing is issued."""
    before = (unchanged / "kit.json").read_bytes()
    ran = run(unchanged, *words)
    answer = ran.output + str(ran.exception or "")
    assert (ran.exit_code, says in answer) == (code, True), answer
    assert (unchanged / "kit.json").read_bytes() == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The system's answer has the place."""
    (tmp_path / "file").touch()
    ran = run(tmp_path / "file" / "kit", "init", "--name", "a")
    assert ran.exit_code == 1
    assert "file" in str(ran.exception)
    assert "exists" in str(ran.exception)


def test_help_teaches(folder: Path) -> None:
    """Every command has one, without a kit."""
    for command in ("", "init", "add", "renew", "revoke", "write", "list"):
        ran = run(folder, *filter(None, [command]), "--help")
        assert ran.exit_code == 0
        assert "broker" in ran.output
