"""The small parts: the table, the choice of tests, frames, time, names of packages, needs."""

import struct
from dataclasses import replace
from random import Random
from typing import cast

import pytest

from virtual_pi import needs, site
from virtual_pi.__main__ import choose
from virtual_pi.bench import Bench, Row
from virtual_pi.build.mirror import choose as choose_mirror
from virtual_pi.build.package import names
from virtual_pi.errors import CommandFailed, LeftOut, RowFailed, Unreachable
from virtual_pi.progress import Progress
from virtual_pi.readers import rdm6300_frame
from virtual_pi.rows.table import ROWS
from virtual_pi.run_rows import run_rows
from virtual_pi.table import Result, all_passed, table
from virtual_pi.time_server import TimeServer


def passing(bench: Bench) -> str:
    """Pass with a figure."""
    return f"seed {bench.dice.random():.1f}"


def failing(bench: Bench) -> str:
    """Fail."""
    raise RowFailed("no READY\nthe journal")


def broken(bench: Bench) -> str:
    """Find a command that fails."""
    raise CommandFailed("exit code 1")


def absent(bench: Bench) -> str:
    """Find that it cannot be run."""
    raise LeftOut("no time server")


def bench() -> Bench:
    """Return a bench without a guest, for rows that need none."""
    idle = Progress(lambda line: None, lambda: 0.0)
    nothing = cast("Bench", None)
    return Bench(nothing, nothing, 0, nothing, nothing, idle, Random(1))  # type: ignore[arg-type]


def row(name: str, run: object, *, quick: bool = False) -> Row:
    """Return a row that needs no daemon."""
    return Row(name, "a test", run, quick, settled=False)  # type: ignore[arg-type]


def test_failure_does_not_stop_the_next() -> None:
    """One fault hides no other: every test runs, and each has its own result."""
    rows = [row("a", failing), row("b", broken), row("c", absent), row("d", passing)]
    reported: list[Result] = []
    results = run_rows(rows, bench(), reported.append, lambda: 0.0)
    assert [result.passed for result in results] == [False, False, None, True]
    assert reported == results
    assert results[0].figure == "no READY\nthe journal"


def test_a_second_try_shows_in_the_table() -> None:
    """The quick run tries a failed test once more, and does not conceal it."""
    failures = [RowFailed("a press was lost")]

    def once(_bench: Bench) -> str:
        if failures:
            raise failures.pop()
        return "62 ms"

    rows = [row("a", once), row("b", failing)]
    results = run_rows(rows, bench(), lambda _result: None, lambda: 0.0, tries=2)
    assert [(one.passed, one.figure) for one in results] == [
        (True, "(try 2) 62 ms"),
        (False, "(try 2) no READY\nthe journal"),
    ]


def test_a_guest_that_does_not_answer_shows_its_console() -> None:
    """A reset by the watchdog, or a processor that stands still, can be read there alone."""

    class Guest:
        def console(self) -> str:
            return "old\n" * 500 + "soft lockup"

    def silent(_bench: Bench) -> str:
        raise Unreachable("the guest does not answer")

    silent_one = replace(bench(), guest=Guest())  # type: ignore[arg-type]
    (result,) = run_rows([row("a", silent)], silent_one, lambda _result: None, lambda: 0.0)
    assert result.passed is False
    assert result.figure.startswith("the guest does not answer\n")
    assert result.figure.endswith("soft lockup")
    assert len(result.figure) < 1000


def test_one_failure_fails_the_run() -> None:
    """Continuous integration sees a failure; a test that was left out is none."""
    good, bad, out = (Result("x", passed, "", 1) for passed in (True, False, None))
    assert all_passed([good, out])
    assert not all_passed([good, bad])
    assert not all_passed([])


def test_table_has_one_line_a_test_and_reasons_below() -> None:
    """A long reason does not destroy the columns, and is not cut off."""
    text = table([Result("ready", False, "no READY\nthe journal", 3.2)])
    lines = text.splitlines()
    assert lines[2].split() == ["ready", "FAILED", "no", "READY", "3"]
    assert lines[4:] == ["ready:", "    no READY", "    the journal"]


def test_unknown_test_is_refused_with_the_names() -> None:
    """A misspelt name does not pass as a run without failures."""
    with pytest.raises(ValueError, match=r"watchdgo.*watchdog"):
        choose(ROWS, "watchdgo", quick=False)


def test_tests_are_chosen_in_their_order() -> None:
    """The order of the table counts, not the order of the words: removal comes last."""
    assert [row.name for row in choose(ROWS, "remove,install", quick=False)] == [
        "install", "remove",
    ]  # fmt: skip


def test_names_are_unique_and_the_ends_are_in_place() -> None:
    """Each test can be asked for; the first installs the package, the last removes it."""
    known = [row.name for row in ROWS]
    assert len(set(known)) == len(known)
    assert known[0] == "install"
    assert known[-1] == "remove"
    quick = choose(ROWS, "", quick=True)
    assert 0 < len(quick) < len(ROWS)


def test_frame_of_a_card() -> None:
    """The card reader's frame: STX, ten digits, their XOR, ETX (data sheet of the RDM6300)."""
    assert rdm6300_frame("0100A4C101") == b"\x020100A4C10165\x03"


def test_time_server_answers_with_the_clients_stamp() -> None:
    """A client accepts only an answer to its own request, with the time in seconds since 1900."""
    request = bytes(40) + b"CLIENTS!"
    served = TimeServer()
    served.ahead = 10.0
    reply = served.reply(request, now=100.5)
    assert reply[24:32] == b"CLIENTS!"
    assert struct.unpack("!II", reply[40:48]) == (2208988800 + 110, 1 << 31)


def test_mirror_is_debians_own() -> None:
    """Package sources of others (security updates, a vendor) are no mirror."""
    urls = ["http://m/debian-security/", "https://vendor/repo", "http://m/debian/"]
    assert choose_mirror(urls) == "http://m/debian"
    assert choose_mirror(urls[:2]) is None


def test_names_of_dependencies() -> None:
    """Versions, architectures and alternatives of a Depends field are removed."""
    field = "python3 (>= 3.13), python3:any, libpango-1.0-0, fonts-dejavu-core | fonts-other"
    assert names(field) == ("fonts-dejavu-core", "libpango-1.0-0", "python3")
    assert names("") == ()


def test_too_small_machine_is_named_with_figures() -> None:
    """The refusal has the amounts, so that the reader can judge."""
    disk, memory = needs.shortages(3.0, 100.0)
    assert "3 GiB" in disk
    assert "100 MiB" in memory
    assert needs.shortages(100.0, 8000.0) == []


def test_available_memory() -> None:
    """Memory that the cache of files occupies counts as free."""
    text = "MemTotal: 8000000 kB\nMemFree: 1000 kB\nMemAvailable:  2097152 kB\n"
    assert needs.available_mib(text) == 2048


def test_config_is_the_shipped_one_with_its_changes() -> None:
    """The guest runs the shipped config; a key that was renamed there is noticed here."""
    text = site.config(1883, reader=site.USB_READER, camera="picamera2")
    assert 'url = "mqtt://10.0.2.2:1883"' in text
    assert 'driver = "picamera2"' in text
    with pytest.raises(ValueError, match="no_such_key"):
        site.changed(text, [("no_such_key", "")])
