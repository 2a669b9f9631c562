"""New procedures while the daemon runs: for new visits only, bad ones refused, across restarts."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock, Stamp
from edge.config import Config, default_config_folder, load_config
from edge.errors import ConfigError
from edge.reload import PROCEDURES_REFUSED, Reload, remember_procedures, text_of
from edge.rules import make_rules, renewed
from edge.sop.engine import initial_state, step
from edge.sop.events import ButtonPressed, Event
from edge.sop.loading import load_procedures, procedure_file
from edge.sop.procedure import Procedure
from edge.store import Store
from edge.worker import Worker
from sim.process import gardu
from tests.daemons import DaemonChild, of
from tests.test_run import SOURCE, config_file, stored

SOP = default_config_folder() / "sop"
MOCK = {"GPIOZERO_PIN_FACTORY": "mock"}
TITLE = 'en = "Guests of the Bupati and Wakil Bupati"'


def office(folder: Path) -> tuple[Path, Path]:
    """Return the config of a checkpoint with procedures of its own, and the Pimpinan's file."""
    config = config_file(folder)
    own = folder / "sop"
    own.mkdir()
    for file in SOP.glob("*.toml"):
        (own / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace(f'sop = "{SOP}"', f'sop = "{own}"')
    config.write_text(text, encoding="utf-8")
    return config, own / "pimpinan.toml"


def edit(file: Path, old: str, new: str) -> None:
    """Replace *old*, which is there, by *new* in *file*."""
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
    """Return what the daemon has recorded."""
    return json.loads(json.dumps(stored(folder)))  # type: ignore[no-any-return]


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


def test_bad_procedures_are_refused_and_the_old_ones_stay(tmp_path: Path) -> None:
    """Every problem is said, exit 1; visits go on opening under 1.0; the alarm clears with a cure.

    SIGHUP does the same as the command; who sends it reads the journal.
    """
    config, file = office(tmp_path)
    good = file.read_text(encoding="utf-8")
    with DaemonChild(config, environment=MOCK) as daemon:
        daemon.until("ready;")
        file.write_text(good.replace('to = "kartu"', 'to = "kertu"'), encoding="utf-8")
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
    assert "a restart would fail" in raised[0]["detail"]


def test_reload_without_a_daemon_says_so(tmp_path: Path) -> None:
    """Nothing to do, and nothing wrong: the next start reads the files."""
    config, _ = office(tmp_path)
    (tmp_path / "data").mkdir()
    done = reload(config)
    assert done.returncode == 0
    assert "no daemon runs here" in done.stdout


class Desk:
    """What stands around a reload: notes what it is told."""

    def __init__(self, config: Config, procedures: dict[str, Procedure]) -> None:
        self.store = Store(Path(config.checkpoint.data), SOURCE, Clock())
        self.worker = Worker("store")
        self.adopted: list[dict[str, Procedure]] = []
        self.shown: list[Any] = []
        self.posted: list[Event] = []
        self.kept_when_adopted: set[str] = set()
        self.reload = Reload(
            config,
            procedures,
            store=self.store,
            worker=self.worker,
            post=self.post,
            consumer=self,
            live=self,
        )

    def post(self, make: Callable[[Stamp], Event]) -> None:
        """Note the event."""
        self.posted.append(make(Clock().now()))

    def adopt(self, procedures: dict[str, Procedure]) -> None:
        """Note them, and what was on the disk by then."""
        self.adopted.append(procedures)
        self.kept_when_adopted = set(self.store.procedures_in_use())

    def show(self, suffix: str, payload: dict[str, Any] | None) -> None:
        """Note the topic."""
        self.shown.append((suffix, payload))

    def close(self) -> None:
        """Let go of the database."""
        self.worker.stop()
        self.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    """A desk on an office's own procedures."""
    path, _ = office(tmp_path)
    config = load_config(path)
    one = Desk(config, load_procedures(Path(config.checkpoint.sop), config.checkpoint.procedures))
    yield one
    one.close()


def test_a_text_is_on_the_disk_before_a_visit_can_begin_under_it(
    desk: Desk, tmp_path: Path
) -> None:
    """A power cut right after the first new visit must find its text; meta names it too."""
    edit(tmp_path / "sop" / "pimpinan.toml", 'version = "1.0"', 'version = "3.0"')
    reloaded = asyncio.run(desk.reload())
    (adopted,) = desk.adopted
    assert reloaded.changed == ["pimpinan"]
    assert {p.key for p in adopted.values()} <= desk.kept_when_adopted
    (suffix, payload) = desk.shown[-1]
    assert suffix == "meta"
    assert reloaded.procedures["pimpinan"] in {p["version"] for p in payload["procedures"]}


def test_refusals_are_counted_and_change_nothing(desk: Desk, tmp_path: Path) -> None:
    """One bad file among four: nothing is taken up, not even the good ones; each is counted."""
    edit(tmp_path / "sop" / "pimpinan.toml", 'do = ["ring:call"]', 'do = ["ring:loud"]')
    for number in (1, 2):
        with pytest.raises(ConfigError, match="loud"):
            asyncio.run(desk.reload())
        assert desk.reload.refusals == number
    assert (desk.adopted, desk.shown) == ([], [])


def test_a_procedure_that_asks_for_absent_equipment_is_refused(desk: Desk, tmp_path: Path) -> None:
    """As at the start: a guest would stand before something that is not there."""
    edit(tmp_path / "sop" / "pimpinan.toml", "still:desk", "still:roof")
    with pytest.raises(ConfigError, match='no camera has the purpose "roof"'):
        asyncio.run(desk.reload())


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """A text kept under another text's digest would be a lie in the records."""
    _, file = office(tmp_path)
    procedure = load_procedures(file.parent, ["pimpinan"])["pimpinan"]
    edit(file, 'version = "1.0"', 'version = "1.1"')
    with pytest.raises(ConfigError, match="was changed while it was being read"):
        text_of(file.parent, procedure)


def test_renewed_rules_keep_what_running_visits_need_and_no_more(tmp_path: Path) -> None:
    """Reload after reload the texts stay few: those of running visits, and the present ones."""
    path, file = office(tmp_path)
    config = load_config(path)
    store = Store(Path(config.checkpoint.data), SOURCE, Clock())
    try:
        first = load_procedures(file.parent, config.checkpoint.procedures)
        remember_procedures(store, file.parent, first)
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
