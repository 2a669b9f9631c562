"""New procedures while the daemon runs: for new visits only, bad ones refused, across restarts."""

import asyncio
import json
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge.clock import Clock, Stamp
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.text_files import read_text
from edge.daemon import exit_codes
from edge.daemon.last_good_procedures import Adopted, adopt, load_or_last_good, read
from edge.daemon.procedures import wording_of
from edge.daemon.reload import PROCEDURES_REFUSED, Reload
from edge.daemon.request_keys import RequestKeys
from edge.daemon.rules import make_rules, renewed
from edge.errors import ConfigError
from edge.mqtt.signed_requests import SignedRequests
from edge.sop.engine import initial_state, step
from edge.sop.events import ButtonPressed, Event
from edge.sop.procedures import loading
from edge.sop.procedures.loading import load_procedures, parse_procedure, procedure_file
from edge.sop.procedures.model import Procedure
from edge.store.salvage import salvage
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, Store
from edge.worker import Worker
from sim.stage.process import gardu
from tests.brokers import Centre, Mosquitto, until
from tests.daemon.test_run import SOURCE, Systemd, config_file
from tests.daemons import DaemonChild, of
from tests.longer import slow
from tests.signed import KEY_ID, section, toml

SOP = default_config_folder() / "sop"
MOCK = {"GPIOZERO_PIN_FACTORY": "mock"}
CALL = "parts/host-call.toml"
DONE, BAD = 'to = "@next", vouches', 'to = "kertu", vouches'
TITLE = 'en = "Guests of the Bupati and Wakil Bupati"'


def office(folder: Path) -> tuple[Path, Path]:
    """Return the config of a checkpoint with procedures of its own, and the Pimpinan's file."""
    config = config_file(folder)
    own = folder / "sop"
    shutil.copytree(SOP, own, dirs_exist_ok=True)
    text = config.read_text(encoding="utf-8").replace(f'sop = "{SOP}"', f'sop = "{own}"')
    config.write_text(text, encoding="utf-8")
    return config, own / "pimpinan.toml"


def edit(file: Path, old: str, new: str) -> None:
    """Replace *old*, which must occur, by *new* in *file*."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def reload(config: Path) -> "subprocess.CompletedProcess[str]":
    """Run `gardu reload`."""
    command = [*gardu(), "reload", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def versions(folder: Path, kind: str) -> list[str]:
    """Return the declared version in each record of *kind*."""
    return [r["procedure_version"].partition("+")[0] for r in of(records(folder), kind)]


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the daemon's records, delivered or not."""
    with Snapshot(folder / "data") as snapshot:
        return [json.loads(record.payload) for record in snapshot.records()]


@slow
def test_a_visit_keeps_its_version_across_reload_and_restart(tmp_path: Path) -> None:
    """Opened under 1.0, reloaded to 2.0 and restarted: it ends under 1.0, the next one is 2.0."""
    config, file = office(tmp_path)
    with DaemonChild(config, environment=MOCK) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        edit(file, 'version = "1.0"', 'version = "2.0"')
        done = reload(config)
        assert (done.returncode, done.stderr) == (0, "")
        assert "pimpinan  2.0+" in done.stdout
        assert done.stdout.count("new") == 1
        daemon.open_visit()
        assert daemon.stop() == 0
    with DaemonChild(config, environment=MOCK) as daemon:
        daemon.until("ready; 2 open visits")
        daemon.decline_visit()
        daemon.decline_visit()
        assert daemon.stop() == 0
    assert versions(tmp_path, "gardu.visit.opened.v1") == ["1.0", "2.0"]
    assert versions(tmp_path, "gardu.visit.closed.v1") == ["1.0", "2.0"]


@slow
def test_bad_procedures_are_refused_and_the_old_ones_stay(tmp_path: Path) -> None:
    """Bad procedures are refused with all problems; visits open under the old ones until a cure.

    SIGHUP does the same as the command, with its result in the journal.
    """
    config, file = office(tmp_path)
    good = file.read_text(encoding="utf-8")
    with DaemonChild(config, environment=MOCK) as daemon:
        daemon.until("ready;")
        file.write_text(good.replace(DONE, BAD), encoding="utf-8")
        done = reload(config)
        assert done.returncode == 1
        assert "leads to 'kertu'" in done.stderr
        assert "Traceback" not in done.stderr
        daemon.until("the new procedures are refused; the old ones stay")
        daemon.until("gardu.alarm.raised.v1")
        daemon.open_visit()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("the new procedures are refused; the old ones stay")
        file.write_text(good.replace('version = "1.0"', 'version = "1.1"'), encoding="utf-8")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("changed for new visits: pimpinan")
        daemon.until("gardu.alarm.cleared.v1")
        daemon.open_visit()
        assert daemon.stop() == 0
    assert versions(tmp_path, "gardu.visit.opened.v1") == ["1.0", "1.1"]
    raised = [
        r
        for r in of(records(tmp_path), "gardu.alarm.raised.v1")
        if r["alarm"] == PROCEDURES_REFUSED
    ]
    assert "the old procedures stay" in raised[0]["detail"]


def spoilt(file: Path) -> None:
    """Put a mistake into *file*, as an unchecked edit does."""
    edit(file, DONE, BAD)


def test_a_first_start_with_a_bad_procedure_is_refused(tmp_path: Path) -> None:
    """Without any good procedures the start ends with 78, in words, and makes no database."""
    config, file = office(tmp_path)
    spoilt(file)
    with DaemonChild(config, environment=MOCK) as daemon:
        assert daemon.end() != 0
    done = subprocess.run(
        [*gardu(), "run", "--config", str(config)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == exit_codes.CONFIG
    assert "leads to 'kertu'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "data").iterdir())


@slow
def test_a_mistaken_edit_and_a_power_cut_do_not_close_the_lobby(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """After a bad edit and a kill, guests arrive under the last good procedures, with an alarm.

    The alarm stands over the next start, until a reload finds the files good.
    """
    config, file = office(tmp_path)
    text = re.sub("mqtt://127.0.0.1:[0-9]+", mosquitto.url, config.read_text(encoding="utf-8"))
    config.write_text(text.replace("# health_s = 60.0", "health_s = 0.5"), encoding="utf-8")
    with DaemonChild(config, environment=MOCK) as daemon:
        daemon.until("ready;")
        edit(file, 'version = "1.0"', 'version = "1.1"')
        assert reload(config).returncode == 0
        daemon.open_visit()
        daemon.kill()
    good = file.read_text(encoding="utf-8")
    spoilt(file)
    systemd = Systemd(tmp_path)
    for visits in (1, 2):
        told = {**MOCK, "NOTIFY_SOCKET": str(systemd.path)}
        with DaemonChild(config, environment=told) as daemon:
            daemon.until("leads to 'kertu'")
            assert "pimpinan@1.1+" in daemon.until(
                "the new procedures are refused; the old ones stay"
            )
            daemon.until(f"ready; {visits} open visits")
            daemon.open_visit()
            assert "kertu" in health_until(mosquitto.port, lambda p: p["problem"] is not None)
            systemd.until("new procedures refused")
            if visits == 2:
                file.write_text(good, encoding="utf-8")
                assert reload(config).returncode == 0
                daemon.until("gardu.alarm.cleared.v1")
                assert "kertu" not in health_until(mosquitto.port, lambda p: p["problem"] is None)
            assert daemon.stop() == 0
    systemd.close()
    assert versions(tmp_path, "gardu.visit.opened.v1") == ["1.1"] * 3
    changes = [r["type"] for r in records(tmp_path) if r["data"].get("alarm") == PROCEDURES_REFUSED]
    assert changes == ["gardu.alarm.raised.v1", "gardu.alarm.cleared.v1"]


def health_until(port: int, wanted: Callable[[Any], bool]) -> str:
    """Return the procedures' part of health, once *wanted* accepts it."""

    async def listen() -> str:
        with Centre(port, "gardu/v1/#") as centre:

            def said() -> list[Any]:
                found = [json.loads(message.payload) for message in centre.heard("/health")]
                return [one["procedures"] for one in found if wanted(one["procedures"])]

            await until(said)
            return json.dumps(said()[-1])

    return asyncio.run(listen())


def test_what_falls_back_fits_the_config_of_today(tmp_path: Path) -> None:
    """The last good procedures are used only if they fit the config; else the start is refused."""
    path, file = office(tmp_path)
    config = load_config(path)
    store = Store(Path(config.checkpoint.data), SOURCE, Clock())
    try:
        adopt(store, read(config))
        spoilt(file)
        kept = load_or_last_good(config, store)
        assert any("kertu" in problem for problem in kept.refused)
        assert kept.texts.keys() == store.adopted_procedures().keys()
        more = replace(config.checkpoint, procedures=[*config.checkpoint.procedures, "jatim"])
        for other in (
            replace(config, checkpoint=more),  # never stored here
            replace(config, cameras={}),  # still:desk has no camera
        ):
            with pytest.raises(ConfigError, match="kertu"):
                load_or_last_good(other, store)
    finally:
        store.close()


def test_what_was_adopted_survives_damage_and_is_whole_or_nothing(tmp_path: Path) -> None:
    """The procedures survive a damaged database; if one text is missing, none is used."""
    texts = {"pimpinan@1": "one", "jatim@1": "two"}
    store = Store(tmp_path / "old", SOURCE, Clock())
    store.adopt_procedures(texts)
    store.adopt_procedures({**texts, "pimpinan@1": "another under the same key"})
    assert store.adopted_procedures() == texts
    store.close()
    (tmp_path / "new").mkdir()
    with closing(sqlite3.connect(tmp_path / "old" / FILE)) as file:
        (body,) = file.execute("SELECT body FROM database WHERE id = 1").fetchone()
    salvage(tmp_path / "old" / FILE, tmp_path / "new" / FILE, json.loads(body))
    store = Store(tmp_path / "new", SOURCE, Clock())
    try:
        assert store.adopted_procedures() == texts
        store.forget_procedures({"jatim@1"})
        assert store.adopted_procedures() == {}
    finally:
        store.close()


def test_bad_words_fall_back_on_those_gardu_comes_with(tmp_path: Path) -> None:
    """A mistake in the office's own wording does not stop the start: Gardu's own words are used."""
    path, _ = office(tmp_path)
    own = tmp_path / "wording.toml"
    config = load_config(path)
    config = replace(config, checkpoint=replace(config.checkpoint, wording=str(own)))
    own.write_text((SOP.parent / "wording.toml").read_text(encoding="utf-8"), encoding="utf-8")
    store = Store(Path(config.checkpoint.data), SOURCE, Clock())
    try:
        adopt(store, read(config))
        own.write_text("[reasons.host-absent", encoding="utf-8")
        kept = load_or_last_good(config, store)
    finally:
        store.close()
    assert str(own) in kept.refused[0]
    assert "host-absent" in wording_of(kept.config).reasons


def test_reload_without_a_daemon_says_so(tmp_path: Path) -> None:
    """Without a daemon `gardu reload` ends with 0: the next start reads the files."""
    config, _ = office(tmp_path)
    done = reload(config)
    assert done.returncode == 0
    assert "no daemon runs here" in done.stdout


class Desk:
    """The parts around a reload; records the calls to consumer, topics and bridge."""

    def __init__(self, config: Config, now: Adopted) -> None:
        self.store = Store(Path(config.checkpoint.data), SOURCE, Clock())
        self.worker = Worker("store")
        self.adopted: list[dict[str, Procedure]] = []
        self.shown: list[Any] = []
        self.posted: list[Event] = []
        self.kept_when_adopted: set[str] = set()
        self.reload = Reload(
            config,
            now,
            store=self.store,
            worker=self.worker,
            post=self.post,
            consumer=self,
            live=self,
        )

    def post(self, make: Callable[[Stamp], Event]) -> None:
        """Record the event."""
        self.posted.append(make(Clock().now()))

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Record the procedures, and the texts in the store at that moment."""
        self.adopted.append(procedures)
        self.kept_when_adopted = set(self.store.procedures_in_use())

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Record the topic."""
        self.shown.append((suffix, payload))

    def close(self) -> None:
        """Stop the worker and close the database."""
        self.worker.stop()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    """Yield a desk on an office's own procedures."""
    path, _ = office(tmp_path)
    config = load_config(path)
    one = Desk(config, read(config))
    yield one
    one.close()


def test_a_text_is_on_the_disk_before_a_visit_can_begin_under_it(
    desk: Desk, tmp_path: Path
) -> None:
    """The text is stored before a visit can begin under it, and meta names it."""
    edit(tmp_path / "sop" / "pimpinan.toml", 'version = "1.0"', 'version = "3.0"')
    reloaded = asyncio.run(desk.reload())
    (adopted,) = desk.adopted
    assert reloaded.changed == ["pimpinan"]
    assert {p.key for p in adopted.values()} <= desk.kept_when_adopted
    (suffix, payload) = desk.shown[-1]
    assert suffix == "meta"
    assert reloaded.procedures["pimpinan"] in {p["version"] for p in payload["procedures"]}


def test_refusals_are_counted_and_change_nothing(desk: Desk, tmp_path: Path) -> None:
    """With one bad file of four, no procedure is adopted; each refusal is counted."""
    edit(tmp_path / "sop" / CALL, '"ring:call"', '"ring:loud"')
    for number in (1, 2):
        with pytest.raises(ConfigError, match="loud"):
            asyncio.run(desk.reload())
        shown = desk.reload.shown()
        assert shown["refused"] == desk.reload.refusals == number
        assert "loud" in shown["problem"]
    assert (desk.adopted, desk.shown) == ([], [])
    edit(tmp_path / "sop" / CALL, '"ring:loud"', '"ring:call"')
    asyncio.run(desk.reload())
    assert desk.reload.shown() == {"refused": 2, "problem": None}


def test_keys_of_requests_and_procedures_do_not_wait_for_each_other(
    desk: Desk, tmp_path: Path
) -> None:
    """A bad procedure does not hinder a revocation; a bad config leaves the keys as they were."""
    config, file = tmp_path / "gardu.toml", tmp_path / "sop" / "pimpinan.toml"
    good = config.read_text(encoding="utf-8")
    gate = SignedRequests(section(), "gardu/v1/a/b/", None, clock=Clock())  # type: ignore[arg-type]  # no request comes
    desk.reload._keys = RequestKeys(config, gate)

    edit(file, DONE, BAD)
    with pytest.raises(ConfigError, match="kertu"):
        asyncio.run(desk.reload())
    assert gate.key_ids == []

    edit(file, BAD, DONE)
    config.write_text(good.replace("[reporting]", f"{toml()}\n[reporting]"), encoding="utf-8")
    assert asyncio.run(desk.reload()).request_keys == gate.key_ids == [KEY_ID]

    config.write_text("[requests]\nkeys = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="the keys of requests stay as they were"):
        asyncio.run(desk.reload())
    assert gate.key_ids == [KEY_ID]
    assert len(desk.adopted) == 2, "the procedures are good"


def test_a_procedure_that_asks_for_absent_equipment_is_refused(desk: Desk, tmp_path: Path) -> None:
    """A procedure that needs missing equipment is refused, as at the start."""
    edit(tmp_path / "sop" / "pimpinan.toml", "still:desk", "still:roof")
    with pytest.raises(ConfigError, match='no camera has the purpose "roof"'):
        asyncio.run(desk.reload())


def test_text_and_procedure_come_from_one_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is read once: a change meanwhile cannot make text and digest disagree."""
    path, file = office(tmp_path)
    reads: list[Path] = []

    def read_and_change(path: Path) -> str:
        reads.append(path)
        text = read_text(path)
        if path == file:
            edit(file, 'version = "1.0"', 'version = "1.1"')
        return text

    monkeypatch.setattr(loading, "read_text", read_and_change)
    adopted = read(load_config(path))
    assert reads.count(file) == 1
    for procedure in adopted.procedures.values():
        assert parse_procedure(adopted.texts[procedure.key], "stored") == procedure


def test_renewed_rules_keep_what_running_visits_need_and_no_more(tmp_path: Path) -> None:
    """After many reloads only the texts of running visits and the present ones remain."""
    path, file = office(tmp_path)
    config = load_config(path)
    store = Store(Path(config.checkpoint.data), SOURCE, Clock())
    try:
        first = read(config).procedures
        adopt(store, read(config))
        rules = make_rules(config, first, store)
    finally:
        store.close()
    at = Clock().now()
    arrive = ButtonPressed(at, "reception", "arrive", "pimpinan")
    state = step(rules, initial_state(rules), arrive).state
    assert len(state.visits) == 1
    for version in ("1.1", "1.2", "1.3"):
        text = procedure_file(SOP, "pimpinan").read_text(encoding="utf-8")
        file.write_text(text.replace('version = "1.0"', f'version = "{version}"'), encoding="utf-8")
        rules = renewed(rules, load_procedures(file.parent, list(first)), state)
    (visit,) = state.visits.values()
    assert visit.procedure_key == first["pimpinan"].key
    assert set(rules.procedures) == {
        first["pimpinan"].key,
        *rules.current.values(),
    }
    assert rules.current["pimpinan"].startswith("pimpinan@1.3")
