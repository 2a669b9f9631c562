"""The lobby of the example of a data centre: its rules, and a guest's way in words."""

from typing import Any

from edge.sop import events
from edge.sop.procedures.loading import load_procedure
from edge.sop.state import Detector, Door, Host, Rules, Visit
from tests.sop.stand import CARDS, CONFIG, Stand, rules

EXAMPLES = CONFIG / "sop" / "examples"
PROCEDURE = load_procedure(EXAMPLES / "pusat-data.toml")
SETTINGS = EXAMPLES / "config" / "pusat-data.toml"
ESCORTS = {"0100EE0001": "pendamping-1", "0100EE0002": "pendamping-2"}
AIPHONES = {"owner": "pemilik-data", "head": "kepala-keamanan"}
PANELS = ("reception", "security", "escort", "exit", "aide")
READERS = {"desk": ("reception",), "post": ("security", "escort"), "gate": ("exit",)}
OWNER, HEAD = "persetujuan-pemilik-data", "persetujuan-keamanan"


def data_centre(**changes: Any) -> Rules:
    """Return the rules of a checkpoint with the equipment of the example."""
    fitted = {
        "panels": {name: (name,) for name in PANELS},
        "readers": READERS,
        "card_readers": frozenset(READERS),
        "hosts": {"pusat-data": Host(procedures=("pusat-data",), aiphone="pemilik-data")},
        "escorts": ESCORTS,
        "doors": {"ruang-server": Door(procedures=("pusat-data",), release_s=5.0, held_s=30.0)},
        "detectors": {"exit": Detector(stations=("exit",), walks=frozenset({"in", "out"}))},
        "purposes": frozenset({"desk", "guestbook"}),
    }
    return rules({PROCEDURE.id: PROCEDURE}, **{**fitted, **changes})


EQUIPMENT: dict[str, dict[str, Any]] = {
    "": {},
    "one-locker": {"lockers": (1,)},
    "two-lockers": {"lockers": (1, 2)},
    "no-door": {"doors": {}},
    "no-beam": {"detectors": {"exit": Detector(stations=("exit",))}},
    "no-readers": {"card_readers": frozenset(), "readers": {}},
}
"""What is different at a checkpoint from the equipment of the example."""

# The usual way: one guest with two devices.
USUAL = {
    "kedatangan": "reception:arrive",
    "pendaftaran": "reception:done reception:done",
    OWNER: "owner:accept",
    HEAD: "head:accept",
    "kartu-tamu": "card@desk reception:done",
    "pendataan-perangkat": "security:choice-3 security:done",
    "penyimpanan-perangkat": "card@post security:locker locker:opened locker:closed",
    "pendampingan": "escort@post owner:release door:opened door:closed",
    "pekerjaan": "owner:decline",
    "pemeriksaan-keluar": "card@gate walk:exit exit:done",
    "pengembalian-perangkat": (
        "card@post security:done locker:opened locker:closed security:done"
        " security:choice-3 security:done security:done"
    ),
    "pengembalian-kartu": "card@desk reception:done",
}


class Lobby(Stand):
    """The core of the data centre: does what the words of a walk say, and notes the phases.

    ``PANEL:BUTTON``; ``owner:ANSWER`` and ``head:ANSWER`` at their aiphones (``busy`` and ``away``
    too); ``card@READER``, ``card2@READER`` of the second person; ``escort@READER``,
    ``escort2@READER``; ``locker:opened``, with a number for another than the first; ``door:…``;
    ``walk:…`` at the detector; ``wait:SECONDS``.
    """

    def __init__(self, equipment: str = "") -> None:
        super().__init__(data_centre(**EQUIPMENT[equipment]))
        self.entered: set[tuple[str, str]] = set()

    def send(self, event: events.Event) -> list[Any]:
        """Send *event*; note where each visit is then."""
        effects = super().send(event)
        self.entered |= {(visit.step, visit.phase) for visit in self.state.visits.values()}
        return effects

    def go(self, words: str) -> list[Any]:
        """Do what *words* say; return the effects of the last of them."""
        effects: list[Any] = []
        for word in words.split():
            before = len(self.effects)
            self._do(word)
            effects = self.effects[before:]
        return effects

    def go_on(self, words: str) -> "Lobby":
        """Do what *words* say."""
        self.go(words)
        return self

    def usual(self, until: str) -> "Lobby":
        """One guest goes the usual way through the steps before *until*."""
        for step, words in USUAL.items():
            if step == until:
                break
            self.go(words)
        return self

    def _do(self, word: str) -> None:
        if "@" in word:
            name, reader = word.split("@")
            number = int(name.removeprefix("card").removeprefix("escort") or 1) - 1
            cards = CARDS if name.startswith("card") else list(ESCORTS)
            self.send(events.CardPresented(self.now, reader, cards[number]))
            return
        where, what = word.split(":")
        if where in AIPHONES:
            self._aiphone(AIPHONES[where], what)
        elif where == "wait":
            self.wait(float(what))
        elif where == "walk":
            self.detector(what, at="exit")
        elif where == "door":
            kind = events.DoorOpened if what == "opened" else events.DoorClosed
            self.send(kind(self.now, "ruang-server"))
        elif where.startswith("locker"):
            number = int(where.removeprefix("locker") or 1)
            (self.opened if what == "opened" else self.closed_door)(number)
        else:
            self.press(where, what, "pusat-data" if what == "arrive" else None)

    def _aiphone(self, aiphone: str, what: str) -> None:
        if what == "busy":
            self.send(events.StationBusy(self.now, aiphone))
        elif what == "away":
            host = "pusat-data" if aiphone == "pemilik-data" else aiphone
            self.send(events.AvailabilitySet(self.now, host, False))
        else:
            self.answer(what, aiphone)

    @property
    def here(self) -> Visit:
        """The only open visit."""
        (visit,) = self.state.visits.values()
        return visit

    @property
    def place(self) -> str:
        """The step and phase of the only open visit; its outcome and reason once it is closed."""
        if self.state.visits:
            return f"{self.here.step}/{self.here.phase}"
        end = self.closed[-1]
        return f"{end.outcome} {end.reason}"
