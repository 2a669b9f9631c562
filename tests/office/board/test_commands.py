"""`gardu office user` and `gardu office page`: what they do, and how they refuse."""

import socket
import urllib.request
from pathlib import Path

import pytest

from office.board.passwords import matches
from office.commands.run import ingests, neighbours
from office.config import load_office_config
from tests.brokers import free_port
from tests.command_line import invoke
from tests.longer import slow
from tests.office.processes import PATIENCE_S, OfficeProcess, query, write_config

PASSWORD, OTHER = "a-Long-secret-7", "Another-secret-8"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config without a page; neither broker nor database is there."""
    return write_config(tmp_path, 1, "sqlite:///office.db")


def user(config: Path, *words: str, typed: str = "") -> tuple[int, str]:
    """Return the exit code of `gardu office user`, and all that it printed."""
    done = invoke(["office", "user", *words, "--config", str(config)], input=typed)
    return done.exit_code, done.output


def twice(password: str) -> str:
    """Return the lines of a script that sets *password*."""
    return f"{password}\n{password}\n"


def test_the_users_of_the_page(config: Path) -> None:
    """A user is added, listed, gets another password, and is removed; no password is printed."""
    assert "there is no user yet" in user(config, "list")[1]
    code, said = user(config, "add", "budi", "--role", "desk", typed=twice(PASSWORD))
    assert (code, PASSWORD in said) == (0, False)
    assert user(config, "list") == (0, "budi  desk\n")
    assert user(config, "password", "budi", typed=twice(OTHER))[0] == 0
    ((known,),) = query(f"sqlite:///{config.with_name('office.db')}", "SELECT password FROM users")
    assert matches(known, OTHER)
    assert user(config, "remove", "budi") == (0, "budi: removed\n")


@pytest.mark.parametrize(
    ("words", "typed", "why"),
    [
        (("add", "Budi Santoso", "--role", "desk"), twice(PASSWORD), "lower-case letters"),
        (("add", "budi", "--role", "king"), twice(PASSWORD), "'king' is not one of"),
        (("add", "budi", "--role", "desk"), twice("short"), "10 to 200 characters"),
        (("add", "budi", "--role", "desk"), f"{PASSWORD}\n{OTHER}\n", "do not match"),
        (("password", "budi"), twice(PASSWORD), "no such user"),
        (("remove", "budi"), "", "no such user"),
    ],
)
def test_wrong_words_change_nothing(
    config: Path, words: tuple[str, ...], typed: str, why: str
) -> None:
    """Each refusal says what is allowed, and adds no user."""
    code, said = user(config, *words, typed=typed)
    assert (code != 0, why in said) == (True, True), said
    assert "there is no user yet" in user(config, "list")[1]


def test_a_user_is_added_once(config: Path) -> None:
    """Adding a user again neither changes the role nor the password."""
    user(config, "add", "budi", "--role", "desk", typed=twice(PASSWORD))
    code, said = user(config, "add", "budi", "--role", "administrator", typed=twice(OTHER))
    assert (code, "is there already" in said) == (2, True)
    assert user(config, "list")[1] == "budi  desk\n"


def test_a_page_needs_its_section(config: Path) -> None:
    """`gardu office page` says which section lacks; `run` starts a page only if it is there."""
    done = invoke(["office", "page", "--config", str(config)])
    assert (done.exit_code, "has no section [page]" in done.stderr) == (2, True)
    loaded = load_office_config(config)
    assert (len(ingests(config, loaded)), neighbours(config, loaded)) == (1, [])
    config.write_text(config.read_text(encoding="utf-8") + "[page]\n", encoding="utf-8")
    assert neighbours(config, load_office_config(config))[0][:2] == ["office", "page"]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('address = "0.0.0.0"', "which other machines reach in plain text"),
        ('cert_file = "page.pem"', "page.key_file: is missing"),
        ('timezone = "Mars/Base"', "page.timezone: is 'Mars/Base'; allowed: such as Asia/Jakarta"),
        ("port = 0", "allowed: a TCP port from 1 to 65535"),
    ],
)
def test_problems_of_the_page(config: Path, section: str, words: str) -> None:
    """A page that would send passwords in plain text is refused, as is every other mistake."""
    config.write_text(f"[page]\n{section}\n", encoding="utf-8")
    done = invoke(["office", "check", "--config", str(config)])
    assert (done.exit_code, words in done.stderr) == (2, True), done.stderr


@slow
def test_the_office_serves_its_page(tmp_path: Path) -> None:
    """`gardu office run` serves the page while the broker is away, and ends cleanly."""
    port = free_port()
    config = write_config(tmp_path, 1, "sqlite:///office.db", f"[page]\nport = {port}\n")
    with OfficeProcess(config, "run") as office:
        office.until("the office's page: http://127.0.0.1:")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S) as answer:
            assert answer.url.endswith("/login")
            assert "gardu office user add" in answer.read().decode()
        assert office.end() == 0


@slow
def test_a_page_that_cannot_run_does_not_stop_the_ingest(tmp_path: Path) -> None:
    """While another program has the page's port, records are stored, and the page tries again."""
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        config = write_config(tmp_path, 1, "sqlite:///office.db", f"[page]\nport = {port}\n")
        with OfficeProcess(config, "run") as office:
            office.until("the page cannot use 127.0.0.1 port")
            office.until("gardu office page ended with")
            occupied.close()
            office.until("the office's page: http://127.0.0.1:")
            assert office.end() == 0
