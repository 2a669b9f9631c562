"""The section [requests]: keys, rights, unsigned kinds, and the notes of `gardu check`."""

from pathlib import Path
from typing import Any

import pytest

from edge.config.crosscheck import requests as crosscheck
from edge.config.crosscheck.requests import EXAMPLE, request_notes
from edge.config.loading import load_config
from edge.config.redaction import redact
from tests.config.test_config import changed, load, problems

KEY = "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="
GOOD: dict[str, Any] = {"meja-1": {"public": KEY, "may": ["register"]}}


def test_without_the_section_nothing_is_allowed(tmp_path: Path) -> None:
    """The default: no key, and no kind without a signature."""
    found = load(tmp_path, changed()).requests
    assert (found.keys, found.unsigned) == ({}, [])


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ({"keys": {"meja-1": {"public": "AAAA", "may": ["register"]}}}, "keys.meja-1.public"),
        ({"keys": {"meja-1": {"public": KEY[:-1], "may": ["register"]}}}, "keys.meja-1.public"),
        ({"keys": {"meja-1": {"public": KEY, "may": []}}}, "keys.meja-1.may"),
        ({"keys": {"meja-1": {"public": KEY, "may": ["purge"]}}}, "keys.meja-1.may[0]"),
        ({"keys": {"meja-1": {"public": KEY}}}, "keys.meja-1.may"),
        (
            {"keys": {"meja-1": {"public": KEY, "may": ["values", "values"]}}},
            "keys.meja-1.may[1]",
        ),
        ({"keys": {"Meja 1": GOOD["meja-1"]}}, "keys"),
        ({"keys": {"k" * 81: GOOD["meja-1"]}}, "keys"),
        ({"keys": {**GOOD, "meja-2": GOOD["meja-1"]}}, "keys.meja-2.public"),
        ({"unsigned": ["everything"]}, "unsigned[0]"),
        ({"unsigned": ["resend", "resend"]}, "unsigned[1]"),
        ({"allow": True}, "allow"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, section: dict[str, Any], where: str) -> None:
    """Each with its key; also one public key under two ids, of which one could be forgotten."""
    found = problems(tmp_path, changed(requests=section))
    assert found
    assert any(line.startswith(f"requests.{where}") for line in found), found


def test_the_library_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported at the daemon's start, but not for a simulation's config."""
    raw = changed(requests={"keys": GOOD})
    monkeypatch.setattr(crosscheck, "find_spec", lambda _name: None)
    assert problems(tmp_path, raw) == [
        "requests.keys: need PyNaCl; install it: pip install 'gardu[signatures]'"
    ]
    assert load_config(tmp_path / "gardu.toml", elsewhere=True).requests.keys


def test_check_notes_what_is_not_signed(tmp_path: Path) -> None:
    """Each unsigned kind, a key whose secret is printed, and times that are not checked."""
    assert list(request_notes(load(tmp_path, changed(requests={"keys": GOOD})))) == []
    keys = {**GOOD, "meja-2": {"public": EXAMPLE, "may": ["values"]}}
    raw = changed(
        requests={"keys": keys, "unsigned": ["availability", "resend"]},
        guestbook={"need_synced_clock": False},
    )
    notes = list(request_notes(load(tmp_path, raw)))
    assert [note.partition(" ")[0] for note in notes] == [
        "requests.unsigned:", "requests.unsigned:", "requests.keys.meja-2.public",
        "guestbook.need_synced_clock",
    ]  # fmt: skip
    assert "cmd/availability is carried out without a signature" in notes[0]


def test_a_support_bundle_counts_the_keys() -> None:
    """A secret key that was pasted in the place of the public one is not shown."""
    found = redact({"requests": {"keys": GOOD, "unsigned": ["resend"]}}, lambda _name: False)
    assert found.config["requests"] == {"keys": "(1 of them)", "unsigned": ["resend"]}
    assert KEY in found.secrets
