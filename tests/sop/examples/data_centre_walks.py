"""The ways of guests through the data centre, one for each branch of the procedure."""

from typing import NamedTuple

from tests.sop.examples.data_centre import HEAD, OWNER, PROCEDURE, USUAL, Lobby


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
