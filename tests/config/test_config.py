"""The config: every problem is reported at once, in words, with its key."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.card_readers import Gm65
from edge.config.sections.values import Action
from edge.errors import ConfigError
from tests.config.messages import without_place

FOLDER = default_config_folder()
SHIPPED = tomllib.loads((FOLDER / "gardu.toml").read_text(encoding="utf-8"))


def load(folder: Path, raw: dict[str, Any]) -> Config:
    """Write *raw* as a config file and load it."""
    path = folder / "gardu.toml"
    path.write_text(tomli_w.dumps(raw), encoding="utf-8")
    return load_config(path)


def problems(folder: Path, raw: dict[str, Any]) -> list[str]:
    """Return the problems of *raw*, without file and line in front."""
    with pytest.raises(ConfigError) as caught:
        load(folder, raw)
    return without_place(folder / "gardu.toml", caught.value.problems)


def changed(**places: Any) -> dict[str, Any]:
    """Return the shipped config with values at keys like ``panels__reception__lamp``; None drops.

    A number in a key is the place in a list.
    """
    raw = tomllib.loads(tomli_w.dumps(SHIPPED))
    for place, value in places.items():
        *way, last = place.split("__")
        here: Any = raw
        for key in way:
            here = here[int(key)] if isinstance(here, list) else here.setdefault(key, {})
        name: Any = int(last) if isinstance(here, list) else last
        if value is None:
            del here[name]
        else:
            here[name] = value
    return raw


@pytest.mark.parametrize(
    "name",
    [
        "gardu.toml",
        "gardu-jatim.toml",
        "gardu-kerong.toml",
        "gardu-modbus.toml",
        "gardu-modules.toml",
        "gardu-hosts.toml",
    ],
)
def test_shipped_configs_are_right(name: str) -> None:
    """The shipped configs load: offices start from them."""
    assert load_config(FOLDER / name).checkpoint.procedures


def test_shipped_config_shows_every_key() -> None:
    """Every key of every section is in gardu.toml, if only as a comment with its default."""
    text = (FOLDER / "gardu.toml").read_text(encoding="utf-8")
    kinds, seen = [Config], set()
    while kinds:
        kind = kinds.pop()
        if kind in seen:
            continue
        seen.add(kind)
        for name in kind.__struct_encode_fields__:
            assert name in text, f"{kind.__name__}.{name}"
        kinds += _kinds_in(kind.__annotations__)
    assert len(seen) > 15


def _kinds_in(annotations: dict[str, Any]) -> list[Any]:
    """Return the section types that the *annotations* mention."""
    found: list[Any] = []
    pending = list(annotations.values())
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and hasattr(kind, "__struct_fields__"):
            found.append(kind)
        pending += getattr(kind, "__args__", ())
    return found


def test_defaults_in_the_comments_are_the_defaults() -> None:
    """A commented key shows the value that applies without it."""
    text = (FOLDER / "gardu.toml").read_text(encoding="utf-8")
    config = load_config(FOLDER / "gardu.toml")
    for section in ("reporting", "gpio"):
        body = text.split(f"[{section}]")[1].split("\n[")[0]
        shown = [line[2:] for line in body.splitlines() if line.startswith("# ") and " = " in line]
        raw = tomllib.loads("\n".join(shown))
        assert raw == {key: getattr(getattr(config, section), key) for key in raw}
        assert raw
    broker = text.split("[broker]")[1].split("[reporting]")[0]
    for key in ("keepalive_s", "will_delay_s", "window", "resend_window_s", "tries"):
        (line,) = [line for line in broker.splitlines() if line.startswith(f"# {key} = ")]
        assert tomllib.loads(line[2:])[key] == getattr(config.broker, key)


def test_relative_names_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """Relative names are relative to the file's folder, not to the daemon's working directory."""
    (tmp_path / "secret").write_text("x\n")
    raw = changed(
        checkpoint__data="data", broker__username="u", broker__password_file="secret",
        cameras__lobby__username="c", cameras__lobby__password_file="secret",
    )  # fmt: skip
    config = load(tmp_path, raw)
    assert config.checkpoint.sop == str(tmp_path / "sop")
    assert config.checkpoint.data == str(tmp_path / "data")
    assert config.broker.password_file == str(tmp_path / "secret")
    assert getattr(config.cameras["lobby"], "password_file", "") == str(tmp_path / "secret")
    assert config.broker.ca_file == ""


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "pin twice": (
        {"buzzer__pin": 5},
        [
            (
                "buzzer.pin: GPIO 5 is also at lockers.boards[0].relays (locker 1); "
                "allowed: each pin once"
            )
        ],
    ),
    "pull-down on GPIO 2": (
        {"panels__reception__buttons__0__pull": "down"},
        [
            (
                "panels.reception.buttons[0].pull: is 'down' on GPIO 2, which has a fixed pull-up; "
                "allowed: up, external-up, or another pin"
            )
        ],
    ),
    "pins of the serial port in use": (
        {"card_readers__desk__port": "/dev/serial0"},
        [
            f"panels.officer-3.buttons[{n}].pin: is {pin}, which card_readers.desk.port "
            "'/dev/serial0' uses; allowed: another pin, or a reader on USB"
            for n, pin in ((0, 14), (1, 15))
        ],
    ),
    "procedure twice": (
        {"checkpoint__procedures": ["pimpinan", "eselon-2-3", "eselon-4-asn", "pimpinan"]},
        [
            (
                "checkpoint.procedures[3]: procedure pimpinan is also at checkpoint.procedures[0]; "
                "allowed: each procedure once"
            )
        ],
    ),
    "broker scheme": (
        {"broker__url": "http://centre"},
        ["broker.url: is 'http://centre'; allowed: mqtt:// or mqtts:// host, or host:port"],
    ),
    "broker host": (
        {"broker__url": "mqtt://"},
        ["broker.url: is 'mqtt://'; allowed: mqtt:// or mqtts:// host, or host:port"],
    ),
    "broker port": (
        {"broker__url": "mqtt://centre:99999"},
        ["broker.url: is 'mqtt://centre:99999'; allowed: mqtt:// or mqtts:// host, or host:port"],
    ),
    "password in the url": (
        {"broker__url": "mqtt://me:secret@centre"},
        ["broker.url: holds a user name; allowed: username and password_file for that"],
    ),
    "password file missing": (
        {"broker__username": "me", "broker__password_file": "/nowhere/password"},
        [
            (
                "broker.password_file: is '/nowhere/password', which is no file; "
                "allowed: a file that is there"
            )
        ],
    ),
    "certificate without key": (
        {"broker__url": "mqtts://centre", "broker__cert_file": "/dev/null/x"},
        [
            "broker.key_file: is missing; allowed: cert_file and key_file, or neither",
            "broker.cert_file: is '/dev/null/x', which is no file; allowed: a file that is there",
        ],
    ),
    "card twice": (
        {"cards__visitor__1": "0100A4C101"},
        ["cards.visitor[1]: card 0100A4C101 is also at cards.visitor[0]; allowed: each card once"],
    ),
    "reader at an unknown station": (
        {"card_readers__desk__stations": ["lobby"]},
        [
            (
                "card_readers.desk.stations[0]: is 'lobby', which no panel serves; "
                "allowed: aide, officer-1, officer-2, officer-3, reception"
            )
        ],
    ),
    "two readers on one port": (
        {
            "card_readers__other": {
                "driver": "rdm6300",
                "port": SHIPPED["card_readers"]["desk"]["port"],
                "stations": [],
            }
        },
        [
            (
                f"card_readers.other.port: port {SHIPPED['card_readers']['desk']['port']} is also "
                f"at "
                "card_readers.desk.port; allowed: one reader or bus on each port"
            )
        ],
    ),
    "a card number of no kind": (
        {"cards__visitor__0": "0100A4C1011"},
        [
            (
                "cards.visitor[0]: is '0100A4C1011'; "
                "allowed: 8, 10, 14 or 20 hexadecimal digits, upper case"
            )
        ],
    ),
    "a card reader of no kind": (
        {"card_readers__desk__driver": "em4100"},
        [
            (
                "card_readers.desk.driver: is 'em4100'; allowed: em-18, id-12la, keyboard, pn532, "
                "rdm6300, wiegand"
            )
        ],
    ),
    "a key of one reader at another": (
        {"card_readers__desk__poll_s": 0.1},
        [("card_readers.desk.poll_s: is no key here; allowed: port, removed_after_s, stations")],
    ),
    "a scanner on a reader's port, under its name, without keys": (
        {
            "scanners__desk": {
                "driver": "gm65",
                "port": SHIPPED["card_readers"]["desk"]["port"],
                "stations": ["lobby"],
            }
        },
        [
            (
                f"scanners.desk.port: port {SHIPPED['card_readers']['desk']['port']} is also at "
                "card_readers.desk.port; allowed: one reader or bus on each port"
            ),
            (
                "scanners.desk.stations[0]: is 'lobby', which no panel serves; "
                "allowed: aide, officer-1, officer-2, officer-3, reception"
            ),
            "scanners.desk: is also a card reader's name; allowed: another name",
            (
                "invitations.keys: is missing, but there are [scanners]; allowed: public keys, as "
                "`gardu invitation key` prints them"
            ),
        ],
    ),
    "half a key": (
        {
            "invitations__keys": {
                "half": "q83vASNFZ4mrze8BI0VniavN7wEj",
            }
        },
        [
            (
                "invitations.keys.half: is 'q83vASNFZ4mrze8BI0VniavN7wEj'; allowed: a public "
                "key as `gardu invitation key` prints it (44 characters)"
            )
        ],
    ),
    "a key under two names": (
        {
            "invitations__keys": {
                "one": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
                "two": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
            }
        },
        [
            (
                "invitations.keys.two: key A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg= is also "
                "at invitations.keys.one; allowed: each key once"
            )
        ],
    ),
    "locker number twice": (
        {
            "lockers__boards__0": {
                "lockers": "1",
                "relays": {"pins": "5", "active": "low"},
                "doors": {"pins": "17"},
            },
            "lockers__locker": [
                {"number": 9, "relay": {"pin": 6, "active": "low"}, "door": {"pin": 27}},
                {"number": 9, "relay": {"pin": 7, "active": "low"}, "door": {"pin": 22}},
            ],
        },
        [
            (
                "lockers.locker[1].number: locker 9 is also at lockers.locker[0].number; "
                "allowed: each number once"
            )
        ],
    ),
    "aiphone for a procedure that is not here": (
        {"aiphone__adc__procedures": ["pimpinan", "jatim"]},
        [
            (
                "aiphone.adc.procedures[1]: is 'jatim'; "
                "allowed: pimpinan, eselon-2-3, eselon-4-asn (checkpoint.procedures)"
            )
        ],
    ),
    "a lamp beside lamps in colours": (
        {"buzzer": None, "panels__officer-2__lamps": {"red": {"pin": 26}}},
        ["panels.officer-2.lamps: stands beside lamp; allowed: lamp, or lamps in colours"],
    ),
    "no lamp for a guest who waits": (
        {
            "buzzer": None,
            "panels__officer-2__lamp": None,
            "panels__officer-2__lamps": {"red": {"pin": 11}, "blue": {"pin": 26}},
        },
        [
            (
                "panels.officer-2.lamps: has blue, red only; "
                "allowed: white or green too, which say that a guest waits"
            )
        ],
    ),
    "quiet hours that never end": (
        {"buzzer__quiet": {"from": "21:00", "to": "21:00"}},
        ["buzzer.quiet.to: is '21:00' as from; allowed: another time"],
    ),
    "quiet hours that are no times": (
        {"buzzer__quiet": {"from": "9 pm", "to": "24:00"}},
        [
            "buzzer.quiet.from: is '9 pm'; allowed: a local time such as \"21:00\"",
            "buzzer.quiet.to: is '24:00'; allowed: a local time such as \"21:00\"",
        ],
    ),
    "two panels for one station": (
        {"panels__officer-3__stations": ["officer-3", "officer-1"]},
        [
            (
                "panels.officer-3.stations[1]: station officer-1 is also at "
                "panels.officer-1.stations[0]; allowed: one panel for each station"
            )
        ],
    ),
    "same meaning twice": (
        {"panels__officer-2__buttons__0__hold": "locker"},
        [
            (
                "panels.officer-2.buttons[0].hold: the meaning locker is also at "
                "panels.officer-2.buttons[0].press; allowed: each meaning once on a panel"
            )
        ],
    ),
    "arrive for nobody": (
        {"panels__reception__buttons__0__procedure": None},
        [
            (
                "panels.reception.buttons[0].procedure: is missing for arrive; "
                "allowed: pimpinan, eselon-2-3, eselon-4-asn"
            )
        ],
    ),
    "arrive for a procedure that is not here": (
        {"panels__reception__buttons__0__procedure": "jatim"},
        [
            (
                "panels.reception.buttons[0].procedure: is 'jatim'; "
                "allowed: pimpinan, eselon-2-3, eselon-4-asn (checkpoint.procedures)"
            )
        ],
    ),
    "procedure on another button": (
        {"panels__officer-1__buttons__0__procedure": "pimpinan"},
        ["panels.officer-1.buttons[0].procedure: is of no use here; allowed: only with arrive"],
    ),
    "purpose twice": (
        {"cameras__gate": {"driver": "picamera2", "purposes": ["alarm"]}},
        [
            (
                "cameras.gate.purposes[0]: purpose alarm is also at cameras.lobby.purposes[1]; "
                "allowed: one camera for each purpose"
            )
        ],
    ),
    "camera certificate without encryption": (
        {"cameras__lobby__fingerprint": "00" * 32},
        [
            "cameras.lobby.fingerprint: needs encryption; allowed: with an https:// url",
        ],
    ),
    "camera url": (
        {"cameras__lobby__url": "rtsp://camera"},
        [
            (
                "cameras.lobby.url: is 'rtsp://camera', which needs driver = \"rtsp\"; "
                "allowed: http:// or https:// host, or host:port"
            ),
        ],
    ),
    "bounce out of range": (
        {"metal_detector__alarm__bounce_s": 0.5},
        ["metal_detector.alarm.bounce_s: is 0.5; allowed: seconds from 0 to 0.05"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_each_contradiction_is_named_with_its_key(what: str, tmp_path: Path) -> None:
    """Each contradiction gives exactly its problems, with their keys, and no others."""
    values, expected = WRONG[what]
    assert problems(tmp_path, changed(**values)) == expected


@pytest.mark.parametrize("scheme", ["mqtt", "MQTT", "Mqtt", "mQtT"])
def test_encryption_files_are_of_no_use_without_encryption(tmp_path: Path, scheme: str) -> None:
    """Encryption files with mqtt://, in any spelling, are refused: they would have no effect."""
    (tmp_path / "ca.pem").write_text("x")
    raw = changed(broker__ca_file="ca.pem", broker__url=f"{scheme}://127.0.0.1:1883")
    assert problems(tmp_path, raw) == [
        "broker.ca_file: needs encryption; allowed: with an mqtts:// url"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://mqtt.example.go.id",
        "MQTT://mqtt.example.go.id",
        "Mqtt://10.0.0.5:1883",
        "mqtt://127.0.0.1.example.go.id",
        "mqtt://localhost.example.go.id",
    ],
)
def test_a_password_never_crosses_a_network_in_plain_text(tmp_path: Path, url: str) -> None:
    """A password needs encryption, in any spelling of the scheme."""
    (tmp_path / "password").write_text("x")
    raw = changed(broker__url=url, broker__username="lobi", broker__password_file="password")
    assert problems(tmp_path, raw) == [
        "broker.password_file: would be in plain text; allowed: an mqtts:// url, or 127.0.0.1"
    ]


@pytest.mark.parametrize(
    ("url", "encrypted"),
    [
        ("mqtts://mqtt.example.go.id", True),
        ("MQTTS://mqtt.example.go.id", True),
        ("mqtt://127.0.0.1:1883", False),
        ("mqtt://127.8.8.8", False),
        ("MQTT://[::1]:1883", False),
        ("mqtt://LOCALHOST", False),
    ],
)
def test_a_password_with_encryption_or_to_this_machine(
    tmp_path: Path, url: str, encrypted: bool
) -> None:
    """With encryption, and to a broker on this machine, a password is accepted."""
    (tmp_path / "password").write_text("x")
    raw = changed(broker__url=url, broker__username="lobi", broker__password_file="password")
    assert load(tmp_path, raw).broker.tls == encrypted


def test_a_cameras_files_need_encryption_in_any_spelling(tmp_path: Path) -> None:
    """A camera's authority at HTTP:// would have no effect either."""
    (tmp_path / "ca.pem").write_text("x")
    raw = changed(cameras__lobby__ca_file="ca.pem", cameras__lobby__url="HTTP://camera/s.jpg")
    assert problems(tmp_path, raw) == [
        "cameras.lobby.ca_file: needs encryption; allowed: with an https:// url"
    ]


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """All problems are reported at once, so that an office corrects a file once."""
    raw = changed(buzzer__pin=5, broker__url="x", cards__visitor__1="0100A4C101")
    assert len(problems(tmp_path, raw)) == 3
    raw = changed(buzzer__pin=99, broker__window=0, checkpoint__site="Setda", gpio__chop="auto")
    assert len(problems(tmp_path, raw)) == 4


ANYTHING = st.recursive(
    st.none().map(lambda _: "") | st.booleans() | st.integers() | st.floats() | st.text()
    | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8) | st.sampled_from(["pin", "driver", "url"]), inner),
    max_leaves=8,
)  # fmt: skip


def _places(raw: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of keys to every value in *raw*."""
    inner = (
        raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    )
    return [way, *(place for key, value in inner for place in _places(value, (*way, key)))]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.sampled_from(_places(SHIPPED)[1:]), value=ANYTHING)
def test_garbage_anywhere_is_a_config_error_and_nothing_else(
    tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    """With any value at any key, loading succeeds or raises a ConfigError."""
    raw = changed()
    here: Any = raw
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    for line in _outcome(tmp_path, raw):
        assert line.startswith(str(tmp_path))


def _outcome(folder: Path, raw: dict[str, Any]) -> list[str]:
    """Return the problems of *raw*; none if it loads, or if no TOML file can hold it."""
    try:
        load(folder, raw)
    except ConfigError as error:
        return error.problems or ["a ConfigError without problems"]
    except UnicodeEncodeError:
        return []
    return []


SHIPPED_BYTES = (FOLDER / "gardu.toml").read_bytes()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, len(SHIPPED_BYTES)), cut=st.integers(0, 80), put=st.binary(max_size=8))
def test_any_bytes_are_a_config_or_a_config_error(
    tmp_path: Path, place: int, cut: int, put: bytes
) -> None:
    """A file with bytes lost and changed anywhere loads, or every problem names the file."""
    path = tmp_path / "gardu.toml"
    path.write_bytes(SHIPPED_BYTES[:place] + put + SHIPPED_BYTES[place + cut :])
    try:
        lines = [str(path)] if load_config(path, elsewhere=True) else []
    except ConfigError as error:
        lines = error.problems
    assert lines
    assert all(line.startswith(str(path)) for line in lines)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_alone_are_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """No short file of any bytes is a config, and none raises another error."""
    path = tmp_path_factory.mktemp("bytes") / "gardu.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError):
        load_config(path)


@settings(max_examples=100, deadline=None)
@given(url=st.text() | st.text(alphabet="mqts:/[]@.%0\x00").map(lambda tail: f"mqtt://{tail}"))
def test_any_text_as_url_is_judged(tmp_path_factory: pytest.TempPathFactory, url: str) -> None:
    """Brackets, percent signs, zero bytes: a URL never crashes the loader."""
    folder = tmp_path_factory.mktemp("url")
    try:
        config = load(folder, changed(broker__url=url))
    except (ConfigError, UnicodeEncodeError):
        return
    assert config.broker.host
    assert 0 < config.broker.port < 65536


def test_a_scanner_needs_what_checks_signatures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library is reported at the daemon's start, but not for a simulation's config."""
    raw = changed(
        scanners__gate={"driver": "gm65", "port": "/dev/x", "stations": ["reception"]},
        invitations__keys={"protokol": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="},
    )
    gate = load(tmp_path, raw).scanners["gate"]
    assert isinstance(gate, Gm65)
    assert gate.mode == "presence"
    monkeypatch.setattr("edge.config.crosscheck.serial.find_spec", lambda _name: None)
    assert problems(tmp_path, raw) == [
        "scanners: need PyNaCl; install it: pip install 'gardu[invitations]'"
    ]
    assert load_config(tmp_path / "gardu.toml", elsewhere=True).scanners


def test_a_config_for_another_machine_needs_no_secrets_here(tmp_path: Path) -> None:
    """A simulation of an office's lobby runs on a machine without that office's password files."""
    path = tmp_path / "gardu.toml"
    text = (FOLDER / "gardu.toml").read_text(encoding="utf-8")
    for key in ("username", "password_file"):
        text = text.replace(f"# {key} =", f"{key} =")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    keys = [line.split(": ")[0] for line in without_place(path, refused.value.problems)]
    assert keys == ["broker.password_file", "cameras.lobby.password_file"]
    assert load_config(path, elsewhere=True).broker.username == "lobi-utama"


@pytest.mark.parametrize("opens", ["open-day", "day"])
def test_who_can_close_the_day_can_open_it(tmp_path: Path, opens: str) -> None:
    """A panel that can close the day can open it, so that a mistake does not close the lobby."""
    only = changed(panels__reception__buttons__5__hold="close-day")
    assert problems(tmp_path, only) == [
        "panels: have close-day only; allowed: open-day too, or day for both"
    ]
    both = changed(
        panels__reception__buttons__1__hold=opens, panels__reception__buttons__5__hold="close-day"
    )
    assert load(tmp_path, both).day is not None


def test_the_page_says_what_to_do_without_the_buttons_that_a_small_panel_lacks() -> None:
    """docs/panel.md shows a way to do without each button that gardu.toml has no pin for."""
    buttons = [button for panel in SHIPPED["panels"].values() for button in panel["buttons"]]
    there = {button.get(key) for button in buttons for key in ("press", "hold")}
    if "day" in there:
        there |= {"open-day", "close-day"}
    page = (FOLDER.parent / "docs" / "panel.md").read_text(encoding="utf-8")
    few = page.partition("## A panel with few pins")[2].partition("\n## ")[0]
    lacking = [name for name in get_args(Action) if name not in there]
    assert lacking
    for name in lacking:
        assert f"*{name}*" in few or (name.startswith("reason-") and "*reason-1* to *-4*" in few)
