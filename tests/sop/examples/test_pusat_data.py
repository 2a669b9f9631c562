"""The example of a data centre: it loads, fits its checkpoint, keeps its law, and ends each way.

A walk is a row of :data:`WALKS`: the usual way up to a step, then what is done there, word by word
(:class:`Lobby`). The last test compares the phases that all walks enter with those of the file.
"""

from typing import Any, NamedTuple

import pytest
from msgspec import UNSET

from edge.config.loading import load_config
from edge.sop import events
from edge.sop.effects import Beep, ReleaseDoor, RingAide
from edge.sop.procedures.equipment import at_hand, verify_equipment
from edge.sop.procedures.legal_text import load_legal_text
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Transition
from edge.sop.procedures.review import review
from edge.sop.procedures.review_deeds import review_deeds_here
from edge.sop.procedures.review_rows import paired
from edge.sop.records import AlarmChanged
from edge.sop.state import Detector, Door, Host, Rules, Visit
from edge.sop.turn import Turn
from edge.sop.visit import conditions
from edge.sop.wording import load_wording, without_words
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


class Walk(NamedTuple):
    """A way of a guest.

    :ivar about: the branch that it protects
    :ivar at: the step up to which the guest goes the usual way
    :ivar words: what is done there
    :ivar ends: the step and phase where the guest is then; or outcome and reason
    :ivar equipment: what is different at this checkpoint
    """

    about: str
    at: str
    words: str
    ends: str
    equipment: str = ""


def approval(step: str, who: str, answer_s: int, after: str, reasons: dict[str, str]) -> list[Walk]:
    """Return the walks of one approval: of *who*, whose aiphone rings for *answer_s* a call."""
    call, unanswered = f"wait:{answer_s}", f"wait:{answer_s} " * 3
    declined, silent, away = (reasons[kind] for kind in ("declined", "silent", "away"))
    return [
        Walk(f"{who} approves", step, f"{who}:accept", after),
        Walk(f"{who} approves aloud", step, "reception:accept", after),
        Walk(f"{who} declines", step, f"{who}:decline reception:decline", f"declined {declined}"),
        Walk(f"{who} declines aloud", step, "reception:decline", f"{step}/ditolak"),
        Walk(f"{who} has second thoughts", step, f"{who}:decline {who}:accept", after),
        Walk(
            f"{who} declines: another day",
            step,
            f"{who}:decline reception:reschedule",
            f"rescheduled {declined}",
        ),
        Walk(f"{who} declines, time", step, f"{who}:decline wait:300", f"declined {declined}"),
        *(
            Walk(
                f"{who} declines: {reason}",
                step,
                f"{who}:decline reception:reason-{number} reception:decline",
                f"declined {reason}",
            )
            for number, reason in enumerate(PROCEDURE.reasons, 1)
        ),
        Walk(f"{who}: the second call", step, call, f"{step}/hubungi"),
        Walk(f"{who}: the third call", step, f"{call} {call}", f"{step}/hubungi"),
        Walk(f"{who}: the third call answered", step, f"{call} {call} {who}:accept", after),
        Walk(f"{who}: no fourth call", step, unanswered, f"{step}/tidak-dijawab"),
        Walk(
            f"{who}: none asked for",
            step,
            f"{unanswered} reception:again",
            f"{step}/tidak-dijawab",
        ),
        Walk(f"{who}: a late yes", step, f"{unanswered} {who}:accept", after),
        Walk(f"{who}: a late yes aloud", step, f"{unanswered} reception:accept", after),
        Walk(f"{who}: a late no", step, f"{unanswered} {who}:decline", f"{step}/ditolak"),
        Walk(f"{who}: silent", step, f"{unanswered} reception:decline", f"declined {silent}"),
        Walk(
            f"{who}: silent, another day",
            step,
            f"{unanswered} reception:reschedule",
            f"rescheduled {silent}",
        ),
        Walk(f"{who}: busy", step, f"{who}:busy reception:decline", f"declined {silent}"),
        Walk(
            f"{who}: busy, another day",
            step,
            f"{who}:busy reception:reschedule",
            f"rescheduled {silent}",
        ),
        Walk(f"{who}: busy, then yes", step, f"{who}:busy reception:again {who}:accept", after),
        Walk(f"{who}: busy, calls back", step, f"{who}:busy {who}:accept", after),
        Walk(f"{who}: busy, yes aloud", step, f"{who}:busy reception:accept", after),
    ] + [
        Walk(f"{who} away: {words}", "kedatangan", f"{who}:away {before} {words}", ends)
        for before in [before_call(step)]
        for words, ends in {
            "": f"{step}/tidak-di-tempat",
            "reception:decline": f"declined {away}",
            "reception:reschedule": f"rescheduled {away}",
            "reception:again": f"{step}/hubungi",
            "reception:accept": after,
            f"{who}:accept": after,
        }.items()
    ]


def before_call(step: str) -> str:
    """Return the usual words of the steps before *step*."""
    return " ".join(list(USUAL.values())[: list(USUAL).index(step)])


DEPOSIT, BACK, RETURN = "penyimpanan-perangkat", "pengembalian-perangkat", "pengembalian-kartu"
ASKED = "card@post security:locker"
STUCK = f"{ASKED} wait:15"
PAIR = (
    "reception:arrive reception:more reception:done reception:done owner:accept head:accept"
    " card@desk card2@desk reception:done security:choice-3 security:done"
)
"""Two guests come as a group, each with a card, and stand at security."""
ONE_STORED = f"{PAIR} {ASKED} locker:opened locker:closed"
BOTH_STORED = f"{ONE_STORED} security:locker locker2:opened locker2:closed"
BOTH_OUT = (
    f"{BOTH_STORED} escort@post owner:release door:opened door:closed owner:decline"
    " card@gate walk:exit walk:exit exit:done"
)
BOTH_BACK = (
    f"{BOTH_OUT} card@post card2@post security:done locker2:opened locker2:closed locker:opened"
    " locker:closed security:done security:choice-3 security:done security:done"
)
NO_CARD = (
    "reception:arrive reception:done reception:done owner:accept head:accept reception:accept"
    " reception:done security:refuse"
)
"""The reader at the desk is broken; security refuses the guest."""
TO_THE_EXIT = (
    "card@post security:nothing escort@post owner:release door:opened door:closed owner:decline"
    " card@gate walk:exit exit:done"
)
DEVICES = "card@post security:done locker:opened locker:closed security:done"
LEFT_WITHOUT = f"{DEVICES} security:choice-3 security:done security:done"
TURNED_BACK = f"{LEFT_WITHOUT} card@desk reception:done"
"""Who is turned away inside gets the devices, gives the card back, and has the reason."""

WALKS = [
    Walk("the usual way", "", "", "completed None"),
    Walk("not announced", "pendaftaran", "reception:done reception:decline",
         "declined not-announced"),
    Walk("not announced, another day", "pendaftaran", "reception:done reception:reschedule",
         "rescheduled not-announced"),
    Walk("leaves at once", "pendaftaran", "reception:leave", "abandoned guest-left"),
    *approval(OWNER, "owner", 45, f"{HEAD}/hubungi",
              {"declined": "host-declined", "silent": "no-answer", "away": "host-away"}),
    *approval(HEAD, "head", 60, "kartu-tamu/kartu",
              {"declined": "not-cleared", "silent": "clearance-pending",
               "away": "clearance-absent"}),
    Walk("no valid ID", "kartu-tamu", "reception:decline", "declined no-identity"),
    Walk("the reader is broken", "kartu-tamu", "reception:accept", "kartu-tamu/selesai"),
    Walk("a group has a card each", "", PAIR.partition(" card2")[0], "kartu-tamu/kartu-lain"),
    Walk("refused at the count", "pendataan-perangkat", "security:refuse", f"{RETURN}/kartu"),
    Walk("refused, card back", "pendataan-perangkat",
         "security:refuse card@desk reception:done", "refused security"),
    *(Walk(f"refused: {reason}", "pendataan-perangkat",
           f"security:choice-4 security:reason-{number} security:refuse card@desk reception:done",
           f"refused {reason}") for number, reason in enumerate(PROCEDURE.refusals, 1)),
    Walk("counted", "pendataan-perangkat", "security:choice-1", "pendataan-perangkat/tercatat"),
    Walk("counted wrongly at first", "pendataan-perangkat", "security:choice-1 security:choice-2",
         "pendataan-perangkat/tercatat"),
    Walk("no devices", DEPOSIT, "card@post security:nothing", "pendampingan/pendamping"),
    Walk("at the locker without a card", DEPOSIT, "security:nothing",
         f"{DEPOSIT}/kartu-tidak-terbaca"),
    Walk("vouched for", DEPOSIT, "security:nothing security:locker", f"{DEPOSIT}/buka"),
    Walk("vouched for, no devices", DEPOSIT, "security:nothing security:nothing",
         "pendampingan/pendamping"),
    Walk("the card is read after all", DEPOSIT, "security:nothing card@post", f"{DEPOSIT}/tanya"),
    Walk("the locker stands open", DEPOSIT, f"{ASKED} locker:opened wait:300",
         f"{DEPOSIT}/terbuka"),
    Walk("it is shut", DEPOSIT, f"{ASKED} locker:opened wait:300 security:nothing",
         "pendampingan/pendamping"),
    Walk("the door jams", DEPOSIT, STUCK, f"{DEPOSIT}/macet"),
    Walk("one more pulse", DEPOSIT, f"{STUCK} security:locker", f"{DEPOSIT}/buka-lagi"),
    Walk("it jams again", DEPOSIT, f"{STUCK} security:locker wait:15", f"{DEPOSIT}/rusak"),
    Walk("another locker", DEPOSIT, f"{STUCK} security:nothing security:locker locker2:opened",
         f"{DEPOSIT}/simpan"),
    Walk("without a locker", DEPOSIT, f"{STUCK} security:nothing security:nothing",
         "pendampingan/pendamping"),
    Walk("no other locker", DEPOSIT, f"{STUCK} security:nothing security:locker",
         f"{DEPOSIT}/penuh", "one-locker"),
    Walk("no locker, goes on", DEPOSIT, f"{STUCK} security:nothing security:locker"
         " security:nothing", "pendampingan/pendamping", "one-locker"),
    Walk("a group is asked for another locker", "", ONE_STORED, f"{DEPOSIT}/lagi"),
    Walk("a group has one locker", "", f"{ONE_STORED} security:nothing",
         "pendampingan/pendamping"),
    Walk("a group's second locker opens", "", f"{ONE_STORED} security:locker",
         f"{DEPOSIT}/tambah"),
    Walk("a group's second locker jams", "",
         f"{ONE_STORED} security:locker wait:15 security:nothing", f"{DEPOSIT}/rusak-lain"),
    Walk("a group finds no second locker", "", f"{ONE_STORED} security:locker",
         f"{DEPOSIT}/penuh-lain", "one-locker"),
    Walk("no locker, asked again", DEPOSIT,
         f"{STUCK} security:nothing security:locker security:locker", f"{DEPOSIT}/penuh",
         "one-locker"),
    Walk("it was shut by itself", DEPOSIT, f"{ASKED} locker:opened wait:300 locker:closed",
         "pendampingan/pendamping"),
    Walk("it opens late", DEPOSIT, f"{STUCK} locker:opened", f"{DEPOSIT}/simpan"),
    Walk("the second pulse helps", DEPOSIT, f"{STUCK} security:locker locker:opened",
         f"{DEPOSIT}/simpan"),
    Walk("a group asks again for a second locker", "",
         f"{ONE_STORED} security:locker security:locker", f"{DEPOSIT}/penuh-lain", "one-locker"),
    Walk("a group goes on without a second locker", "",
         f"{ONE_STORED} security:locker security:nothing", "pendampingan/pendamping",
         "one-locker"),
    Walk("a group takes a third locker for the one that jams", "",
         f"{ONE_STORED} security:locker wait:15 security:nothing security:locker locker3:opened",
         f"{DEPOSIT}/simpan"),
    Walk("a group gives the jammed locker up", "",
         f"{ONE_STORED} security:locker wait:15 security:nothing security:nothing",
         "pendampingan/pendamping"),
    Walk("no escort", "pendampingan", f"escort:decline {TURNED_BACK}", "declined no-escort"),
    Walk("an escort without a card", "pendampingan", "escort:accept", "pendampingan/antar"),
    Walk("the door is not released", "pendampingan", f"escort@post escort:decline {TURNED_BACK}",
         "declined no-door-release"),
    Walk("released, yet not opened", "pendampingan",
         f"escort@post owner:release escort:decline {TURNED_BACK}", "declined no-door-release"),
    Walk("released once more", "pendampingan", "escort@post owner:release owner:release",
         "pendampingan/pintu"),
    Walk("the door has no contact", "pendampingan", "escort@post owner:release escort:done",
         "pekerjaan/bertemu"),
    Walk("the door is open", "pendampingan", "escort@post owner:release door:opened",
         "pendampingan/masuk"),
    Walk("the door is not Gardu's", "pendampingan", "escort@post owner:release",
         "pendampingan/masuk", "no-door"),
    Walk("the escort says inside", "pendampingan", "escort@post owner:release escort:done",
         "pekerjaan/bertemu", "no-door"),
    Walk("work", "pekerjaan", "wait:2999", "pekerjaan/bertemu"),
    Walk("reminded", "pekerjaan", "wait:3000", "pekerjaan/ingat"),
    Walk("at the limit", "pekerjaan", "wait:3600", "pekerjaan/batas"),
    Walk("ended at the limit", "pekerjaan", "wait:3600 owner:decline",
         "pemeriksaan-keluar/kartu"),
    Walk("extended once", "pekerjaan", "wait:3000 owner:extend wait:1799", "pekerjaan/bertemu"),
    Walk("extended by the panel", "pekerjaan", "wait:3600 aide:extend wait:1200",
         "pekerjaan/ingat"),
    Walk("no third extension", "pekerjaan",
         "owner:extend owner:extend owner:extend wait:6600", "pekerjaan/ingat"),
    Walk("extended early by the panel", "pekerjaan", "aide:extend wait:4799",
         "pekerjaan/bertemu"),
    Walk("extended by the panel after the reminder", "pekerjaan", "wait:3000 aide:extend",
         "pekerjaan/bertemu"),
    Walk("extended by the owner at the limit", "pekerjaan", "wait:3600 owner:extend",
         "pekerjaan/bertemu"),
    Walk("ended after the reminder", "pekerjaan", "wait:3000 owner:decline",
         "pemeriksaan-keluar/kartu"),
    Walk("out after the reminder", "pekerjaan", "wait:3000 card@gate",
         "pemeriksaan-keluar/keluar"),
    Walk("out at the limit", "pekerjaan", "wait:3600 card@gate", "pemeriksaan-keluar/keluar"),
    Walk("the card at the exit ends the work", "pekerjaan", "card@gate",
         "pemeriksaan-keluar/keluar"),
    Walk("a walk before the card", "pemeriksaan-keluar", "walk:exit", "pemeriksaan-keluar/kartu"),
    Walk("too fast before the card", "pemeriksaan-keluar", "walk:too-fast-out",
         "pemeriksaan-keluar/kartu"),
    Walk("the exit's reader is broken", "pemeriksaan-keluar", "exit:accept",
         "pemeriksaan-keluar/keluar"),
    Walk("an alarm before the card", "pemeriksaan-keluar", "walk:alarm",
         "pemeriksaan-keluar/alarm-tanpa-kartu"),
    Walk("the card is still due after an alarm", "pemeriksaan-keluar",
         "walk:alarm walk:exit walk:clear walk:exit", "pemeriksaan-keluar/kartu"),
    Walk("the officer answers it", "pemeriksaan-keluar", "walk:alarm exit:done card@gate",
         "pemeriksaan-keluar/keluar"),
    Walk("an alarm", "pemeriksaan-keluar", "card@gate walk:alarm", "pemeriksaan-keluar/alarm"),
    Walk("an alarm's own walk", "pemeriksaan-keluar", "card@gate walk:alarm walk:exit",
         "pemeriksaan-keluar/ulang"),
    Walk("an alarm again", "pemeriksaan-keluar", "card@gate walk:alarm walk:exit walk:alarm",
         "pemeriksaan-keluar/alarm"),
    Walk("clear after an alarm", "pemeriksaan-keluar",
         "card@gate walk:alarm exit:done walk:clear walk:exit", "pemeriksaan-keluar/bersih"),
    Walk("the beam missed the guest", "pemeriksaan-keluar", "card@gate exit:accept",
         "pemeriksaan-keluar/bersih"),
    Walk("too fast", "pemeriksaan-keluar", "card@gate walk:too-fast-out",
         "pemeriksaan-keluar/keluar"),
    Walk("without a beam", "pemeriksaan-keluar", "card@gate",
         "pemeriksaan-keluar/keluar-tanpa-sinar", "no-beam"),
    Walk("the officer's word without a beam", "pemeriksaan-keluar", "card@gate exit:done",
         f"{BACK}/kartu", "no-beam"),
    Walk("two alarms before the card", "pemeriksaan-keluar", "walk:alarm walk:clear walk:alarm",
         "pemeriksaan-keluar/alarm-tanpa-kartu"),
    Walk("an alarm before the card, then too fast", "pemeriksaan-keluar",
         "walk:alarm walk:too-fast-out", "pemeriksaan-keluar/kartu"),
    Walk("two alarms", "pemeriksaan-keluar", "card@gate walk:alarm walk:clear walk:alarm",
         "pemeriksaan-keluar/alarm"),
    Walk("an alarm, then too fast", "pemeriksaan-keluar", "card@gate walk:alarm walk:too-fast-out",
         "pemeriksaan-keluar/ulang"),
    Walk("too fast after an alarm", "pemeriksaan-keluar",
         "card@gate walk:alarm exit:done walk:clear walk:too-fast-out", "pemeriksaan-keluar/ulang"),
    Walk("the beam missed the clear walk", "pemeriksaan-keluar",
         "card@gate walk:alarm exit:done walk:clear exit:accept", "pemeriksaan-keluar/bersih"),
    Walk("an alarm after a clear walk", "pemeriksaan-keluar",
         "card@gate walk:exit wait:5 walk:alarm", "pemeriksaan-keluar/alarm"),
    Walk("another walk out", "pemeriksaan-keluar", "card@gate walk:exit wait:5 walk:exit",
         "pemeriksaan-keluar/bersih"),
    Walk("an alarm without a beam", "pemeriksaan-keluar", "card@gate walk:alarm",
         "pemeriksaan-keluar/alarm", "no-beam"),
    Walk("a whole group without a beam", "pemeriksaan-keluar", "card@gate exit:accept",
         f"{BACK}/kartu", "no-beam"),
    Walk("devices back, the card is read after all", BACK, "security:leave card@post",
         f"{BACK}/serahkan"),
    Walk("the locker is shut late", BACK,
         "card@post security:done locker:opened wait:300 locker:closed", f"{BACK}/kosong"),
    Walk("a group's other locker jams", "",
         f"{BOTH_OUT} card@post card2@post security:done locker2:opened locker2:closed wait:15",
         f"{BACK}/macet"),
    *(Walk(f"{number} devices are counted once more", BACK,
           f"{DEVICES} security:choice-{number + 1} security:again", f"{BACK}/hitung-kembali")
      for number in range(1, 4)),
    Walk("devices back, card unread", BACK, "security:leave", f"{BACK}/kartu-tidak-terbaca"),
    Walk("devices back, vouched for", BACK, "security:leave security:done", f"{BACK}/serahkan"),
    Walk("the locker jams", BACK, "card@post security:done wait:15", f"{BACK}/macet"),
    Walk("another pulse", BACK, "card@post security:done wait:15 security:done",
         f"{BACK}/loker"),
    Walk("the locker opens late", BACK, "card@post security:done wait:15 locker:opened",
         f"{BACK}/ambil"),
    Walk("the locker stays open", BACK, "card@post security:done locker:opened wait:300",
         f"{BACK}/terbuka"),
    Walk("its contact is broken", BACK,
         "card@post security:done locker:opened wait:300 security:done", f"{BACK}/kosong"),
    Walk("a group's lockers open in turn", "",
         f"{BOTH_OUT} card@post card2@post security:done locker2:opened locker2:closed",
         f"{BACK}/loker-lain"),
    *(Walk(f"{number} devices come out", BACK, f"{DEVICES} security:choice-{number + 1}",
           f"{BACK}/keluar-{number}") for number in range(4)),
    *(Walk(f"{one} devices in, {other} out", "pendataan-perangkat",
           f"security:choice-{one + 1} security:done {TO_THE_EXIT}"
           f" card@post security:choice-{other + 1} security:done",
           f"{BACK}/sama" if one == other else f"{BACK}/berbeda")
      for one in range(4) for other in range(4)),
    Walk("counted once more before it is compared", BACK,
         f"{DEVICES} security:choice-1 security:again", f"{BACK}/hitung-kembali"),
    Walk("counted again, the same", BACK, f"{DEVICES} security:choice-2 security:done"
         " security:again security:choice-3 security:done", f"{BACK}/sama"),
    Walk("no third count", BACK,
         DEVICES + " security:choice-2 security:done security:again" * 3, f"{BACK}/berbeda"),
    Walk("decided by the head of security", BACK,
         f"{DEVICES} security:choice-2 security:done security:accept security:done",
         f"{RETURN}/kartu"),
    Walk("leaves without the devices", BACK, "card@post security:leave", "abandoned guest-left"),
    Walk("the card is not here", RETURN, "reception:leave", f"{RETURN}/kartu-hilang"),
    Walk("the card stays out", RETURN, "reception:leave reception:done", "completed None"),
    Walk("the card is lost", RETURN, "reception:leave reception:lost",
         f"{RETURN}/dinyatakan-hilang"),
    Walk("the guest goes home without it", RETURN, "reception:leave reception:lost reception:done",
         "completed None"),
    Walk("the card is found", RETURN, "reception:leave card@desk", f"{RETURN}/selesai"),
    Walk("one card of two", "", f"{BOTH_BACK} card@desk", f"{RETURN}/kurang"),
    Walk("the same card twice", "", f"{BOTH_BACK} card@desk wait:5 card@desk",
         f"{RETURN}/kurang"),
    Walk("the other card is not here", "", f"{BOTH_BACK} card@desk reception:leave",
         f"{RETURN}/kartu-hilang"),
    Walk("both cards", "", f"{BOTH_BACK} card@desk card2@desk reception:done", "completed None"),
    Walk("a group's second card is vouched for", "",
         f"{PAIR.partition(' card2')[0]} reception:accept", "kartu-tamu/selesai"),
    Walk("a refused guest without a card goes", "", f"{NO_CARD} reception:leave",
         f"{RETURN}/selesai"),
    Walk("no card was read", "", NO_CARD, f"{RETURN}/tanpa-kartu"),
]  # fmt: skip


def walked(walk: Walk) -> Lobby:
    """Return the lobby after *walk*; without words the guest goes the usual way to its end."""
    lobby = Lobby(walk.equipment)
    if walk.at or not walk.words:
        lobby.usual(walk.at)
    lobby.go(walk.words)
    return lobby


@pytest.mark.parametrize("walk", WALKS, ids=[walk.about for walk in WALKS])
def test_each_branch_leads_where_the_procedure_says(walk: Walk) -> None:
    """Each answer, each count used up, each reason and each way around broken equipment."""
    assert walked(walk).place == walk.ends


def test_every_phase_is_entered_by_a_walk() -> None:
    """No phase of the procedure is left untested, also if it is added later."""
    entered = set[tuple[str, str]]()
    for walk in WALKS:
        lobby = walked(walk)
        entered |= lobby.entered | {("kedatangan", "tiba")} & _arrivals(lobby)
    phases = {(step.id, phase.id) for step in PROCEDURE.steps for phase in step.phases}
    assert phases - entered == set()


def test_every_transition_is_followed_by_a_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the file, and of its parts, decides something that a walk shows."""
    followed = set[tuple[str, str, int]]()
    count = conditions.count

    def noted(turn: Turn, visit: Visit, way: Transition) -> Visit:
        followed.add((visit.step, visit.phase, id(way)))
        return count(turn, visit, way)

    monkeypatch.setattr(conditions, "count", noted)
    for walk in WALKS:
        walked(walk)
    assert [
        f"{step.id}/{phase.id}: {way.event}"
        for step in PROCEDURE.steps
        for phase in step.phases
        for way in phase.on
        if (step.id, phase.id, id(way)) not in followed
    ] == []


def _arrivals(lobby: Lobby) -> set[tuple[str, str]]:
    """The press that opens a visit leads through the only phase of the first step at once."""
    return {(step.step, "tiba") for step in lobby.steps() if step.step == "kedatangan"}


def test_the_usual_way_completes_each_step_once() -> None:
    """The steps follow each other in the order of the law, each once, with its own actor."""
    lobby = Lobby().usual("")
    steps = [(step.step, step.outcome) for step in lobby.steps()]
    assert steps == [(step.id, "completed") for step in PROCEDURE.steps]


@pytest.mark.parametrize(("step", "who"), [(OWNER, "owner"), (HEAD, "head")])
def test_each_person_is_called_three_times_at_most(step: str, who: str) -> None:
    """The aiphone rings three times, only there, also if reception asks for more."""
    lobby = Lobby().usual(step)
    rung = len(lobby.of(RingAide)) - 1  # the first call has begun
    lobby.go("wait:1000 reception:again")
    assert lobby.of(RingAide)[rung:] == [RingAide(AIPHONES[who], "call")] * 3
    lobby.go("reception:decline")
    assert lobby.steps()[-1].attempts == 3


def test_a_busy_station_is_none_of_the_three_calls() -> None:
    """The person was not rung while the station was in use: three calls follow all the same."""
    lobby = Lobby().usual(HEAD)
    rung = len(lobby.of(RingAide))
    lobby.go("head:busy reception:again wait:60 wait:60")
    assert lobby.place == f"{HEAD}/hubungi"
    assert len(lobby.of(RingAide)) - rung == 3
    lobby.go("wait:60")
    assert lobby.place == f"{HEAD}/tidak-dijawab"


@pytest.mark.parametrize(("step", "other"), [(OWNER, "head"), (HEAD, "owner")])
def test_no_person_answers_for_the_other(step: str, other: str) -> None:
    """The owner's yes is no clearance, and the head of security does not speak for the owner."""
    lobby = Lobby().usual(step)
    for answer in ("accept", "decline"):
        lobby.go(f"{other}:{answer}")
        assert lobby.place == f"{step}/hubungi"


def test_the_records_say_who_approved() -> None:
    """The record of the second approval names the station; that of the first the host."""
    first, second = Lobby().usual("kartu-tamu").steps()[-2:]
    assert (first.host, first.aiphone, first.evidence) == ("pusat-data", UNSET, ("aiphone",))
    assert (second.aiphone, second.evidence) == ("kepala-keamanan", ("aiphone",))


def test_an_answer_heard_by_reception_is_the_evidence_of_a_button() -> None:
    """An approval that was said aloud is told from one by the contact of the aiphone."""
    lobby = Lobby().usual(HEAD)
    lobby.go("reception:accept")
    assert lobby.steps()[-1].evidence == ("button",)


def test_an_invitation_opens_a_visit_as_the_button_does() -> None:
    """The invited guest is at the same place; the record shows the invitation."""
    lobby = Lobby()
    lobby.send(
        events.InvitationPresented(
            lobby.now, "desk", "undangan-1", "pusat-data", lobby.now.wall_ms + 1000
        )
    )
    assert lobby.place == "pendaftaran/isi"
    assert lobby.steps()[0].evidence == ("invitation",)


def test_the_numbers_of_devices_are_in_the_records() -> None:
    """Both counts can be compared at the central office; they are not personal."""
    steps = {step.step: step for step in Lobby().usual("").steps()}
    assert steps["pendataan-perangkat"].values == {"devices-in": 2}
    assert steps[BACK].values == {"devices-out": 2}


@pytest.mark.parametrize(("number", "alarms"), [(3, []), (2, ["devices"]), (4, ["devices"])])
def test_a_number_that_differs_raises_an_alarm(number: int, alarms: list[str]) -> None:
    """One device too few or too many is an alarm; the same number is none."""
    lobby = Lobby().usual(BACK).go_on(f"{DEVICES} security:choice-{number} security:done")
    assert raised(lobby) == alarms


@pytest.mark.parametrize(
    "found", ["security:again security:choice-3 security:done", "security:accept"]
)
def test_the_alarm_of_missing_devices_ends_when_they_are_found(found: str) -> None:
    """The alarm stands until the numbers agree, or the head of security has decided."""
    lobby = Lobby().usual(BACK)
    lobby.go(f"{DEVICES} security:choice-2 security:done")
    assert lobby.state.alarms.keys() == {"devices"}
    lobby.go(found)
    assert not lobby.state.alarms
    lobby.go("security:done")
    assert "devices-out" in (lobby.steps()[-1].values or {})


def test_a_fourth_device_cannot_be_entered() -> None:
    """Three are allowed: a larger number by a desk application is refused and counted."""
    lobby = Lobby().usual("pendataan-perangkat")
    lobby.send(events.ValueEntered(lobby.now, lobby.here.id, "devices-in", 4.0))
    assert lobby.place == "pendataan-perangkat/hitung"
    assert lobby.state.refusals == {"value/not allowed": 1}


def test_a_corrected_number_is_the_one_that_is_compared() -> None:
    """Security pressed three at first, then one: one device comes out."""
    lobby = Lobby().usual("pendataan-perangkat")
    lobby.go("security:choice-4 security:choice-2 security:done")
    lobby.go(" ".join(list(USUAL.values())[6:10]))
    lobby.go(f"{DEVICES} security:choice-2 security:done")
    assert lobby.place == f"{BACK}/sama"


def test_an_escort_goes_with_one_visit() -> None:
    """The card is refused for a second guest until the first visit's devices are counted."""
    lobby = Lobby().usual("pekerjaan")
    first = lobby.here.id
    lobby.go(
        "reception:arrive reception:done reception:done owner:accept head:accept card2@desk"
        " reception:done security:choice-1 security:done card2@post security:nothing"
    )
    assert Beep("refused") in lobby.go("escort@post")
    assert lobby.state.refusals == {"card/post/escort busy": 1}
    lobby.go("escort2@post")
    second = next(visit for visit in lobby.state.visits.values() if visit.id != first)
    assert (second.phase, second.escort) == ("antar", "pendamping-2")
    assert lobby.state.visits[first].escort == "pendamping-1"
    lobby.go("card@gate walk:exit exit:done card@post security:done locker:opened")
    lobby.go("locker:closed security:done security:choice-3 security:done")
    assert lobby.state.visits[first].escort is None


def test_the_record_names_the_escort() -> None:
    """Who went with the guest is known by number, never by name."""
    (step,) = (step for step in Lobby().usual("").steps() if step.step == "pendampingan")
    assert step.escort == "pendamping-1"
    assert step.evidence == ("escort", "door-release", "door-opened", "door-closed")


def test_only_the_owner_releases_the_door() -> None:
    """Neither the escort nor the head of security opens the rooms."""
    lobby = Lobby().usual("pendampingan").go_on("escort@post escort:done head:release")
    assert (lobby.of(ReleaseDoor), lobby.place) == ([], "pendampingan/antar")
    lobby.go("owner:release")
    assert [door.door for door in lobby.of(ReleaseDoor)] == ["ruang-server"]


def test_work_rings_a_reminder_and_the_limit_and_is_extended_twice() -> None:
    """50 and 60 minutes after the guest went in; each extension moves both by half an hour."""
    lobby = Lobby().usual("pekerjaan")
    begun = lobby.seconds
    rung = len(lobby.of(RingAide))
    lobby.go("wait:3000 owner:extend wait:1800 owner:extend wait:1800")
    assert lobby.seconds - begun == 6600
    assert lobby.place == "pekerjaan/ingat"
    assert Beep("refused") in lobby.press("aide", "extend")
    lobby.go("wait:600 owner:decline")
    patterns = [ring.pattern for ring in lobby.of(RingAide)[rung:]]
    assert patterns == ["reminder", "reminder", "reminder", "limit"]
    step = lobby.steps()[-1]
    assert (step.duration_s, step.extended_s, step.over_s) == (7200.0, 3600.0, 3600.0)


def test_an_alarm_at_the_exit_ends_only_with_a_clear_walk() -> None:
    """The alarm stands while the guest walks again; the record shows both walks."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("card@gate walk:alarm walk:exit")
    assert lobby.state.alarms.keys() == {"metal-detector-exit"}
    assert Beep("refused") in lobby.press("exit", "done")
    lobby.go("walk:clear walk:exit")
    assert not lobby.state.alarms
    lobby.go("exit:done")
    step = lobby.steps()[-1]
    assert (step.passed, step.persons, step.attempts) == (1, 1, 2)


def test_an_alarm_before_the_card_stands_until_the_guest_is_clear() -> None:
    """The card is no way to silence it: only a clear walk out is."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("walk:alarm walk:exit walk:clear card@gate")
    assert lobby.state.alarms.keys() == {"metal-detector-exit"}
    lobby.go("walk:exit")
    assert (lobby.state.alarms, lobby.place) == ({}, "pemeriksaan-keluar/bersih")


def test_a_walk_in_is_no_screening_at_the_exit() -> None:
    """Other guests walk in through the same beams meanwhile."""
    lobby = Lobby().usual("pemeriksaan-keluar")
    lobby.go("card@gate walk:passage")
    assert lobby.place == "pemeriksaan-keluar/keluar"


def test_the_id_is_returned_with_the_card() -> None:
    """It is held from the exchange on, and until the card is back at the desk."""
    lobby = Lobby().usual(RETURN)
    assert list(lobby.here.identities) == ["unstated"]
    lobby.go(USUAL[RETURN])
    assert "identity-returned" in lobby.steps()[-1].evidence


def raised(lobby: Lobby) -> list[str]:
    """The alarms that were raised so far."""
    changes = (record.data for record in lobby.said("gardu.alarm.raised.v1"))
    return [change.alarm for change in changes if isinstance(change, AlarmChanged)]


def test_the_checkpoint_has_the_equipment_and_no_note() -> None:
    """The config of the example lacks nothing, and each event can come there."""
    config = load_config(SETTINGS)
    found = verify_equipment(PROCEDURE, config)
    assert (found.problems, found.notes) == ((), ())


def test_the_procedure_does_what_its_law_demands() -> None:
    """Wording, actors, order, times, deeds: no problem, and equipment shows each deed."""
    legal = load_legal_text(EXAMPLES / "legal" / "pusat-data.toml")
    here = at_hand(PROCEDURE, load_config(SETTINGS))
    remarks = [
        *review(PROCEDURE, legal),
        *review_deeds_here(PROCEDURE, paired(PROCEDURE, legal), here),
    ]
    assert [remark for remark in remarks if remark.kind == "problem"] == []
    assert not [remark for remark in remarks if "nothing but an officer's word" in remark.words]


def test_there_are_polite_words_for_each_reason() -> None:
    """No guest is turned away without words in both languages."""
    assert without_words([PROCEDURE], load_wording(CONFIG / "wording.toml")) == []
