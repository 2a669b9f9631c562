"""The four procedure files compared with the law, typed here a second time by hand."""

import pytest

from edge.config.places import default_config_folder
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Procedure, Step

SOP = default_config_folder() / "sop"

# number, id, role, station, standard time (seconds)
Row = tuple[int, str, str, str, int | None]

PIMPINAN: list[Row] = [
    (1, "penerimaan", "Penerima tamu", "reception", 180),
    (2, "menunggu", "Petugas 1", "officer-1", 120),
    (3, "penitipan", "Petugas 2", "officer-2", 600),
    (4, "pemeriksaan", "Petugas 3", "officer-3", 180),
    (5, "menghadap", "ADC Pimpinan", "aide", 600),
    (6, "pengembalian", "Petugas 1", "officer-1", 120),
]
ESELON_2_3: list[Row] = [
    (1, "penerimaan", "Penerima tamu", "reception", 180),
    (2, "menunggu", "Petugas 1", "officer-1", 120),
    (3, "penitipan", "Petugas 2", "officer-2", 600),
    (4, "pemeriksaan", "Petugas 3", "officer-3", 180),
    (5, "menghadap", "Adc/Agendaris Asisten/Staf Ahli/Bagian", "aide", 600),
    (6, "pengembalian", "Petugas 1", "officer-1", 120),
]
ESELON_4: list[Row] = [
    (1, "penerimaan", "Penerima tamu", "reception", 180),
    (2, "menunggu", "Petugas 1", "officer-1", 120),
    (3, "penitipan", "Petugas 2", "officer-2", 600),
    (4, "menghadap", "Agendaris Bagian", "aide", 600),
    (5, "pengembalian", "Petugas 1", "officer-1", 120),
]
JATIM: list[Row] = [
    (1, "kedatangan", "Tamu", "security", None),
    (2, "pemeriksaan", "Pelayanan Keamanan", "security", 120),
    (3, "buku-tamu", "Penerima Tamu", "reception", 120),
    (4, "konfirmasi", "Penerima Tamu", "reception", 120),
    (5, "kartu-tamu", "Penerima Tamu", "reception", 60),
    (5, "penjadwalan-ulang", "Penerima Tamu", "reception", 60),
    (6, "pengantaran", "Pengantar Tamu", "escort", 120),
    (7, "pengembalian-kartu", "Penerima Tamu", "reception", None),
]

WAITING = "Petugas 1 mengarahkan tamu untuk menunggu diruang tunggu."
LOCKER = (
    "Petugas 2 mempersilahkan tamu menyimpan barang (tas dll) kedalam loker penyimpanan dan "
    "menguncinya."
)
RETURN = (
    "Petugas 1 mempersilahkan tamu yang telah menghadap untuk mengembalikan kartu tamu dan "
    "mengambil identitas dirinya dan mengambil barang miliknya diloker penyimpanan."
)
ACTIVITIES = {
    "pimpinan": [
        (
            "Penerima tamu memberi salam, menghubungi ADC Pimpinan untuk menginformasikan tamu "
            "yang akan bertemu dengan mempersilahkan mengisi buku tamu/lembar register tamu dan "
            "meminta identitas tamu (KTP/SIM/atau tanda pengenal lainnya yang sah), dan "
            "menggantinya dengan kartu tamu"
        ),
        WAITING,
        LOCKER,
        (
            "Petugas 3 memeriksa tamu yang menghadap Pimpinan dengan metal detektor dan "
            "mempersilahkan masuk."
        ),
        "Tamu dipersilahkan menghadap oleh ADC Pimpinan dengan mengingatkan batas waktu menghadap",
        RETURN,
    ],
    "eselon-2-3": [
        (
            "Penerima tamu memberi salam, menghubungi Adc/ Agendaris Asisten/ Staf Ahli/ Bagian "
            "untuk menginformasikan tamu yang akan bertemu dengan mempersiapkan mengisi buku "
            "tamu/lembar register tamu dan meminta identitas tamu (KTP/SIM/atau tanda pengenal "
            "lainnya yang sah), dan menggantikan dengan kartu tamu"
        ),
        WAITING,
        LOCKER,
        (
            "Petugas 3 memeriksa tamu yang menghadap Pejabat dengan metal detektor dan "
            "mempersilahkan masuk."
        ),
        (
            "Tamu dipersilahkan menghadap oleh Adc/Agendaris Asisten/Staf Ahli/Bagian dengan "
            "mengingatkan batas waktu menghadap"
        ),
        RETURN,
    ],
    "eselon-4-asn": [
        (
            "Petugas tamu memberi salam, menghubungi Bagian untuk menginformasikan tamu yang akan "
            "bertemu, mempersilahkan mengisi buku tamu/lembar register tamu dan meminta identitas "
            "tamu (KTP/SIM/atau tanda pengenal lainnya yang sah), dan mengganti dengan kartu tamu."
        ),
        WAITING,
        LOCKER,
        "Tamu dipersilahkan bertemu.",
        RETURN,
    ],
    "jatim": [
        "Tamu datang menuju meja pelayanan penerimaan tamu",
        (
            "Menanyakan maksud serta tujuan kedatangan serta memeriksa barang bawaan tamu bila "
            "diperlukan"
        ),
        (
            "Memberikan senyum, sapa dan salam pada tamu serta mempersilahkan untuk mengisi buku "
            "tamu yang telah disediakan"
        ),
        (
            "Menghubungi dan memastikan kepada pejabat/ pihak terkait yang ingin ditemui, apakah "
            "bisa menerima atau menolak tujuan tamu"
        ),
        (
            "a. Memberikan ID tamu dengan mempersilahkan tamu menyerahkan identitas yang masih "
            "berlaku untuk jaminan pelayanan bagi tamu yang diterima tujuannya oleh pejabat/ pihak "
            "terkait."
        ),
        (
            "b. Menginformasikan untuk membuat reschedule bagi tamu yang menolak ditemui/ tidak "
            "ditempat"
        ),
        (
            "Mengantarkan tamu menemui pejabat/ pihak terkait sesuai dengan data di buku tamu. "
            "Kode akses masuk ruangan menjadi hak pejabat/ pihak terkait yang ditemui"
        ),
        (
            "Mengembalikan ID tamu apabila sudah selesai bertamu dan petugas mengembalikan "
            "identitas tamu dengan memberikan senyum, sapa dan ucapan terima kasih atas "
            "kunjungannya ke Biro Umum"
        ),
    ],
}
TABLES: dict[str, list[Row]] = {
    "pimpinan": PIMPINAN,
    "eselon-2-3": ESELON_2_3,
    "eselon-4-asn": ESELON_4,
    "jatim": JATIM,
}


def procedure(name: str) -> Procedure:
    """Return one of the shipped procedures."""
    return load_procedure(SOP / f"{name}.toml")


@pytest.mark.parametrize("name", TABLES)
def test_steps_roles_and_standard_times_are_those_of_the_law(name: str) -> None:
    """Order, numbers, roles, stations and standard times equal the printed table."""
    rows = [(s.number, s.id, s.role, s.station, s.standard_s) for s in procedure(name).steps]
    assert rows == TABLES[name]


@pytest.mark.parametrize("name", ACTIVITIES)
def test_activities_are_verbatim(name: str) -> None:
    """The legal wording of every step, letter for letter."""
    assert [step.activity for step in procedure(name).steps] == ACTIVITIES[name]


@pytest.mark.parametrize(
    ("name", "annex"), [("pimpinan", "I"), ("eselon-2-3", "II"), ("eselon-4-asn", "III")]
)
def test_every_step_cites_its_row_of_the_annex(name: str, annex: str) -> None:
    """The source of a step names regulation, annex and row."""
    assert [step.source for step in procedure(name).steps] == [
        f"Perbup Tanjung Jabung Barat 75/2017, Lampiran {annex} huruf C nomor {number}"
        for number, *_ in TABLES[name]
    ]


def test_equipment_and_output_of_the_screening_differ_as_printed() -> None:
    """Annex I prints the metal detector, annex II the visitor card; both print "Tamu clear"."""
    first, second = procedure("pimpinan").steps[3], procedure("eselon-2-3").steps[3]
    assert (first.equipment, first.output) == (("Metal Detektor",), ("Tamu clear",))
    assert (second.equipment, second.output) == (("Kartu tamu",), ("Tamu clear",))


def test_equipment_and_output_of_the_first_step_are_verbatim() -> None:
    """Five things at the desk and two outputs, with the misprints of the source."""
    step = procedure("pimpinan").steps[0]
    assert step.equipment == (
        "Meja penerima tamu",
        "Aiphone penghubung",
        "Buku tamu/lembar registrasi tamu",
        "Bukti diri (KTP/SIM / Tanda Pengenal lain yang sah",
        "Kartu tamu",
    )
    assert step.output == ("Data", "Paraf tamu")


def test_approval_sheet_keeps_its_blanks() -> None:
    """Number and dates are blank in the regulation and stay blank; the approver is printed."""
    for name in ("pimpinan", "eselon-2-3", "eselon-4-asn"):
        sheet = procedure(name).approval
        assert (sheet.number, sheet.made, sheet.revised, sheet.approved) == ("", "", "", "")
        assert "Drs.H. AMBOK TUO,MM" in sheet.approved_by
        assert len(sheet.legal_basis) == 4
        assert sheet.qualifications == ("Sarjana (S-1)", "Sarjana Muda (D3)", "SMA sederajat")
        assert len(sheet.warnings) == 2
        assert sheet.records == ()
        assert len(procedure(name).prose) == 6


def test_only_the_procedures_without_a_detector_list_none() -> None:
    """Annex III leaves the metal detector out, in its sheet as in its steps."""
    assert "Metal Detektor" in procedure("pimpinan").approval.equipment
    assert "Metal Detektor" in procedure("eselon-2-3").approval.equipment
    assert "Metal Detektor" not in procedure("eselon-4-asn").approval.equipment


def _reasons(step: Step) -> set[str]:
    return {way.reason for phase in step.phases for way in phase.on if way.reason}


@pytest.mark.parametrize("name", TABLES)
def test_every_refusal_and_decline_ends_through_the_return_once_a_card_is_out(name: str) -> None:
    """A visit that ends after its card was given goes through the return first."""
    steps = procedure(name).steps
    issued = next(
        place
        for place, step in enumerate(steps)
        if any(way.event == "card.issued" for phase in step.phases for way in phase.on)
    )
    for step in steps[issued + 1 : -1]:
        if step.id == "penjadwalan-ulang":
            continue  # no card is out there: the host did not receive the guest
        for phase in step.phases:
            for way in phase.on:
                if way.to.startswith("@") and way.to not in ("@next", "@skip"):
                    assert way.via == steps[-1].id, (step.id, phase.id, way)


def test_every_phase_of_the_screening_takes_alarm_and_passage() -> None:
    """No alarm and no passage of one guest may reach the next guest in line."""
    for name in ("pimpinan", "eselon-2-3"):
        for phase in procedure(name).step("pemeriksaan").phases:
            events = {way.event for way in phase.on}
            screened = phase.id not in ("menunggu-panggilan", "tidak-dipanggil")
            assert ({"detector.alarm", "detector.passage"} <= events) is screened, phase.id
            if not screened:
                assert not [event for event in events if event.startswith("detector.")]


@pytest.mark.parametrize(
    ("name", "step_id"),
    [("pimpinan", "pemeriksaan"), ("eselon-2-3", "pemeriksaan"), ("eselon-4-asn", "menghadap")],
)
def test_the_step_after_the_lockers_begins_when_the_aide_calls(name: str, step_id: str) -> None:
    """The guest waits in the waiting room; its lamp is off, and the legal time runs from the call.

    A refusal is told to the guest, who gets card and belongings back.
    """
    steps = procedure(name).steps
    step = procedure(name).step(step_id)
    assert steps[steps.index(step) - 1].id == "penitipan"
    waiting, refused = step.phases[:2]
    assert (waiting.waits_for_call, waiting.lamp) == (True, "off")
    assert waiting.id not in step.timed_phases
    called = {way.to for way in waiting.on if way.event in ("aiphone.call", "button.accept")}
    assert len(called) == 1
    # Where the station has a card reader, the guest shows the card on the way.
    begins = {to if to in step.timed_phases else step.phase(to).otherwise for to in called}
    assert begins <= set(step.timed_phases)
    ends = [way for way in refused.on if way.to == "@declined"]
    assert {(way.event, way.via) for way in ends} == {
        ("button.done", "pengembalian"), ("timeout", "pengembalian"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_a_broken_door_contact_or_reader_holds_no_guest_for_ever(name: str) -> None:
    """Where equipment may fail, an officer may vouch; the record then shows a button."""
    steps = procedure(name)
    card = steps.step("penerimaan").phase("kartu")
    assert any((way.event, way.to) == ("button.accept", "selesai") for way in card.on)
    stored = steps.step("penitipan").phase("terbuka")
    assert any((way.event, way.to) == ("button.nothing", "lagi") for way in stored.on)
    assert steps.step("penitipan").phase("lagi").otherwise == "@next"


def test_an_alarm_is_never_passed_without_another_pass() -> None:
    """From the alarm no button alone leads into the office, except where there is no beam."""
    for name in ("pimpinan", "eselon-2-3"):
        step = procedure(name).step("pemeriksaan")
        for phase_id in ("alarm", "ulang"):
            assert "@next" not in {way.to for way in step.phase(phase_id).on}


def test_meeting_reminds_before_the_limit_and_at_it() -> None:
    """The reminder comes two minutes before the limit, which is the meeting's standard time."""
    for name in ("pimpinan", "eselon-2-3", "eselon-4-asn"):
        step = procedure(name).step("menghadap")
        moments = [w.at_s for phase in step.phases for w in phase.on if w.at_s is not None]
        assert moments == [480, 600]
        assert step.timed_from == "bertemu"
        assert moments[-1] == step.standard_s


def test_jatim_offers_another_day_whenever_the_host_does_not_receive() -> None:
    """Every way from the call leads to the card or to the offer of another day, with a reason."""
    for phase in procedure("jatim").step("konfirmasi").phases:
        for way in phase.on:
            if way.to == "#penjadwalan-ulang":
                assert way.reason in ("host-declined", "host-absent", "host-away", "no-answer")
    assert _reasons(procedure("jatim").step("penjadwalan-ulang")) == set()
