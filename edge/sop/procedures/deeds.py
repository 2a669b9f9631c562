"""Deeds that a row of the law can demand, and the signs by which a procedure shows each of them.

A *sign* is a set of words of a procedure file. A way through a step carries these words:

====================== =========================================================================
``card.issued``        the event of a transition, without the name of a device after a colon;
                       ``value`` is that of any value that is entered
``counted:EVENT``      a transition that counts one person, or all, as passed clear; all buttons
                       are ``counted:button``
``beside:EVENT``       an officer's button, in a phase that also waits for EVENT: it stands for the
                       equipment that would show it
``before:EVENT``       the transition that led into the step
``vouches:DEED``       a press by which an officer vouches for the deed
``returns-identity``   a transition with ``returns_identity``
``reason``             a transition with a reason; ``before:reason`` as above
``ring:call``          an action of a phase that is entered; one with an argument also without it
``shows:guest-book``   a still of a phase that is entered, and what it shows
``needs:NEED``         a phase is entered because its need is met (without the need's argument)
``without:NEED``       its ``otherwise`` is entered because the need is not met
``offers:OUTCOME``     a phase is entered that has a transition to this outcome, with a reason for
                       ``@refused``
====================== =========================================================================

``step_paths.py`` finds the words of each way, ``deed_evidence.py`` compares them with the signs.
"""

import msgspec

from edge.sop.procedures.model import Text

COMPLETED = "completed"
SKIPPED = "@skip"


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """A sign of a deed: each way through the step must carry one of its words.

    :ivar shown: words by which equipment shows it
    :ivar vouched: words by which a person vouches for it, or by which it does not apply
    :ivar after: the event from which on the ways are examined; empty: from the step's begin
    """

    shown: frozenset[str] = frozenset()
    vouched: frozenset[str] = frozenset()
    after: str = ""


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """A deed that the words of a legal row can demand.

    :ivar text: the deed as a sentence, in Indonesian and English
    :ivar signs: all of them must be there
    :ivar ends: the ends of the ways through the step on which it must be done
    :ivar word_suffices: an officer's word is enough; False: the law names the equipment
    :ivar together: (words, event): a phase with one of these words must wait for *event* too
    :ivar reminds: the aide's aiphone must ring when the time of the step goes by
    :ivar ends_visit: no way may complete the step: all of them end the visit
    """

    text: Text
    signs: tuple[Sign, ...] = ()
    ends: frozenset[str] = frozenset({COMPLETED, SKIPPED})
    word_suffices: bool = True
    together: tuple[frozenset[str], str] | None = None
    reminds: bool = False
    ends_visit: bool = False


def _sign(*shown: str, vouched: tuple[str, ...] = (), after: str = "") -> Sign:
    return Sign(shown=frozenset(shown), vouched=frozenset(vouched), after=after)


def _device(event: str, *vouched: str) -> Sign:
    """Return the sign that a device shows by *event*, or an officer who presses in its place."""
    return _sign(event, vouched=(f"beside:{event}", *vouched))


def _seen(indonesian: str, english: str) -> Deed:
    """Return a deed that only a person sees: the officer's press at its end vouches for it."""
    sign = Sign(vouched=frozenset({"button.done", "button.accept"}))
    return Deed(text=Text(id=indonesian, en=english), signs=(sign,))


def _deed(indonesian: str, english: str, *signs: Sign) -> Deed:
    return Deed(text=Text(id=indonesian, en=english), signs=signs)


_ANSWERS = ("accept", "decline", "absent", "reschedule")
_SAID = tuple(f"button.{answer}" for answer in _ANSWERS)
_PAPERS = {
    name: Sign(
        shown=frozenset({f"shows:{name}"}),
        vouched=frozenset({f"needs:{name}"}),
    )
    for name in ("guest-book", "signature")
}
_TURNED_AWAY = frozenset({"@declined", "@rescheduled"})


def _screened(walk: str, indonesian: str, english: str) -> Deed:
    signs = (_sign(f"counted:{walk}", vouched=("counted:button",)),)
    return Deed(text=Text(id=indonesian, en=english), signs=signs, word_suffices=False)


# Belongings may be none: a step that is skipped for a reason has nothing to lock away.
def _belongings(indonesian: str, english: str, *excuses: str) -> Deed:
    signs = tuple(_device(word, *excuses) for word in ("locker.opened", "locker.closed"))
    return Deed(text=Text(id=indonesian, en=english), signs=signs, ends=frozenset({COMPLETED}))


DEEDS: dict[str, Deed] = {
    "guest-arrived": _deed(
        "Tamu datang melapor",
        "the guest has reported",
        Sign(vouched=frozenset({"button.arrive"})),
    ),
    "guest-greeted": _seen("Tamu diberi salam", "the guest is greeted"),
    "purpose-asked": _seen(
        "Maksud dan tujuan tamu ditanyakan", "the guest is asked for the purpose of the visit"
    ),
    "dress-checked": _seen("Pakaian tamu diperiksa", "the guest's dress is checked"),
    "belongings-checked": _seen(
        "Barang bawaan tamu diperiksa", "the guest's belongings are checked"
    ),
    "health-checked": _deed(
        "Kesehatan tamu diperiksa",
        "the guest's health is checked",
        Sign(vouched=frozenset({"button.done", "button.accept", "value", "needs:value"})),
    ),
    "hands-washed": _seen("Tamu mencuci tangan", "the guest washes the hands"),
    "documents-checked": _seen(
        "Kelengkapan berkas diperiksa", "the documents are checked for completeness"
    ),
    "complaint-noted": _seen("Pengaduan dicatat", "the complaint is taken down"),
    "result-handed-over": _seen(
        "Hasil pelayanan diserahkan", "the result of the service is handed over"
    ),
    "value-entered": _deed(
        "Data yang diminta dicatat, misalnya nomor kendaraan",
        "what the law asks for is entered, such as a number plate",
        Sign(vouched=frozenset({"value", "needs:value"})),
    ),
    "refusal-possible": _deed(
        "Petugas berhak menolak tamu, dengan alasan",
        "the officer may refuse the guest, with a reason",
        Sign(vouched=frozenset({"offers:@refused"})),
    ),
    "host-asked": _deed(
        "Pejabat yang dituju dihubungi",
        "the host, or the host's aide, is asked",
        _sign("ring:call", vouched=(*_SAID, "without:host")),
    ),
    "host-answered": _deed(
        "Pejabat yang dituju menjawab: menerima atau menolak",
        "the host accepts or declines",
        _sign("aiphone.accept", "aiphone.decline", vouched=(*_SAID, "without:host")),
    ),
    "host-accepted": _deed(
        "Pejabat yang dituju menerima tamu",
        "the host accepts the guest",
        _sign(
            "aiphone.accept",
            "before:aiphone.accept",
            vouched=("button.accept", "before:button.accept"),
        ),
    ),
    "approval-given": _deed(
        "Pelaksana baris ini menyetujui",
        "the actor of this row approves",
        _sign("aiphone.accept", vouched=("button.accept",)),
    ),
    "reason-given": Deed(
        text=Text(
            id="Tamu yang tidak diterima diberi alasan yang tepat dan sopan",
            en="a guest who is turned away is given a correct and polite reason",
        ),
        signs=(Sign(vouched=frozenset({"reason", "before:reason"})),),
        ends=_TURNED_AWAY,
    ),
    "reschedule-offered": Deed(
        text=Text(
            id="Tamu yang tidak diterima ditawari jadwal ulang",
            en="a guest who is turned away is offered another day",
        ),
        signs=(Sign(vouched=frozenset({"offers:@rescheduled"})),),
        ends=_TURNED_AWAY,
    ),
    "visit-ended": Deed(
        text=Text(
            id="Kunjungan tamu yang tidak diterima berakhir",
            en="the visit of a guest who is not received ends here",
        ),
        ends_visit=True,
    ),
    "guest-book": _deed("Buku tamu diisi", "the guest book is filled in", _PAPERS["guest-book"]),
    "signature": _deed("Tamu membubuhkan paraf", "the guest signs", _PAPERS["signature"]),
    "identity": _deed(
        "Identitas tiap tamu diterima petugas",
        "an ID of each guest is taken",
        Sign(vouched=frozenset({"needs:identity", "identity.taken"})),
    ),
    "card-given": _deed(
        "Kartu tamu diberikan", "a visitor card is given to the guest", _device("card.issued")
    ),
    "card-shown": _deed(
        "Kartu tamu ditunjukkan",
        "the guest shows the visitor card",
        _device("card.presented", "without:reader", "without:card"),
    ),
    "guest-shown-to-wait": _seen(
        "Tamu diarahkan ke ruang tunggu", "the guest is shown where to wait"
    ),
    "guest-called": _deed(
        "Tamu dipanggil dari ruang tunggu",
        "the guest is called from the waiting room",
        _sign("aiphone.call", vouched=("button.accept",)),
    ),
    "belongings-locked": _belongings(
        "Barang tamu disimpan dalam loker dan dikunci",
        "the guest's belongings are locked away",
        # A visit with several lockers has stored something in the first of them before.
        "needs:several-lockers",
    ),
    "each-person-screened": _screened(
        "detector.passage",
        "Tiap orang diperiksa dengan metal detektor",
        "each person is screened with the metal detector",
    ),
    "each-person-screened-out": _screened(
        "detector.exit",
        "Tiap orang diperiksa dengan metal detektor saat keluar",
        "each person is screened with the metal detector on the way out",
    ),
    "alarm-answered": Deed(
        text=Text(
            id="Alarm metal detektor ditindaklanjuti: tamu diperiksa lagi",
            en="an alarm of the metal detector is answered: the guest is screened once more",
        ),
        signs=(
            _sign("alarm", after="detector.alarm"),
            _sign(
                "counted:detector.passage",
                "counted:detector.exit",
                vouched=("counted:button",),
                after="detector.alarm",
            ),
        ),
        together=(
            frozenset({"counted:detector.passage", "counted:detector.exit"}),
            "detector.alarm",
        ),
    ),
    "guest-let-in": _seen("Tamu dipersilakan masuk", "the guest is let in"),
    "room-limit-kept": _deed(
        "Jumlah orang dalam ruangan dibatasi",
        "no more persons are in the room than allowed",
        _sign("needs:room"),
    ),
    "guest-admitted": _deed(
        "Tamu dipersilakan menghadap",
        "the aide admits the guest to the host",
        _sign("aiphone.accept", "aiphone.call", vouched=("button.accept",)),
    ),
    "limit-reminded": Deed(
        text=Text(id="Batas waktu menghadap diingatkan", en="the host is reminded of the limit"),
        reminds=True,
    ),
    "door-released-by-host": Deed(
        text=Text(
            id="Pintu masuk dibuka atas hak pejabat yang ditemui",
            en="the host, and no other person, releases the door",
        ),
        signs=(Sign(shown=frozenset({"aiphone.release"})),),
        word_suffices=False,
    ),
    "guest-escorted": _deed(
        "Tamu diantar menemui pejabat",
        "the guest is escorted to the host",
        _sign(
            "door.opened", "door.closed", "card.escort", "needs:escort", vouched=("button.done",)
        ),
    ),
    "card-back": _deed(
        "Kartu tamu dikembalikan",
        "the visitor card is back",
        _device("card.presented", "without:card"),
        _sign("take-card", "take-shown", "lose-card", vouched=("without:card",)),
    ),
    "identity-back": _deed(
        "Identitas tamu dikembalikan",
        "the guests have their IDs back",
        Sign(vouched=frozenset({"returns-identity"})),
    ),
    "belongings-back": _belongings(
        "Barang tamu diambil dari loker", "the guest's belongings are back", "without:locker"
    ),
    "guest-thanked": _seen("Tamu diberi ucapan terima kasih", "the guest is thanked"),
}
"""The deeds, by the word that ``demands`` of a legal row has for each."""
