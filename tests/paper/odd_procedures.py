"""Small procedures whose flow charts are unlike those of the four that come with Gardu."""

from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition

LONG = (
    "Petugas mempersilahkan tamu mengisi buku tamu/lembar register tamu, memeriksa surat tugas "
    "instansi/lembaga, dan memberitahukan tata tertib kunjungan kepada setiap anggota rombongan. "
)


def words(text: str) -> Text:
    """Return *text* in both languages."""
    return Text(id=text, en=text)


def ways(*targets: str, answers: tuple[str, ...] = (), via: str | None = None) -> tuple[
    Transition, ...
]:  # fmt: skip
    """Return a transition to each of *targets*, with the *answers*; outcomes go *via* that step."""
    events = ("button.done", "button.refuse", "button.again", "button.decline", "button.absent",
              "button.accept")  # fmt: skip
    return tuple(
        Transition(
            event=event,
            to=to,
            via=via if to.startswith("@") and to not in ("@next", "@skip") else None,
            reason="contoh" if to == "@skip" else None,
            answer=words(answers[place]) if answers else None,
        )
        for place, (event, to) in enumerate(zip(events, targets, strict=False))
    )


def step(
    number: int, role: str, on: tuple[Transition, ...], ask: str = "", activity: str = "Kegiatan"
) -> Step:
    """Return a step of one phase that asks *ask*."""
    return Step(
        number=number,
        id=f"langkah-{number}",
        role=role,
        station="reception",
        activity=activity,
        title=activity,
        source="Contoh",
        phases=(Phase(id="fase", on=on, ask=words(ask) if ask else None),),
    )


def procedure(name: str, *steps: Step, aide: str = "") -> Procedure:
    """Return the procedure of these *steps*."""
    return Procedure(
        id=name,
        version="1.0",
        title=words(name.replace("-", " ")),
        source="Contoh",
        office="Kantor Contoh",
        aide=aide,
        steps=steps,
    )


ON = ways("@next")
LOOP = procedure(
    "loop-over-three-steps",
    step(1, "Penerima", ON),
    step(2, "Petugas 1", ON),
    step(3, "Petugas 2", ON),
    step(4, "Petugas 3", ways("@next", "#langkah-2"), "Berkas lengkap?"),
    step(5, "Penerima", ON),
)
REFUSALS = procedure(
    "two-refusals-and-a-join",
    step(1, "Keamanan", ways("@next", "@refused"), "Memenuhi syarat?"),
    step(2, "Perawat", ways("@next", "#langkah-3", "@refused",
                            answers=("normal", "perlu masker", "demam")), "Suhu badan?"),
    step(3, "Perawat", ON),
    step(4, "Pengantar", ways("@next", "@declined", via="langkah-5"), "Pasien bersedia?"),
    step(5, "Penerima", ON),
)  # fmt: skip
ROLES = ("Penerima Tamu", "Keamanan", "Perawat", "Dokter", "Pengantar", "Ruang Server",
         "Kepala Bagian", "Arsiparis")  # fmt: skip
_TWELVE = {
    5: (ways("@next", "#langkah-2", "@refused", answers=("ya", "belum", "tidak")), "Lengkap?"),
    7: (ways("@next", "@skip"), "Perlu?"),
    9: (ways("@next", "#langkah-6", "@refused", answers=("ya", "belum", "tidak")), "Disetujui?"),
}
TWELVE = procedure(
    "twelve-steps-and-eight-lanes",
    *(
        step(number, ROLES[number * 5 % 8], *_TWELVE.get(number, (ON, "")), LONG)
        for number in range(1, 13)
    ),
)
ONE_ROLE = procedure(
    "one-role-many-answers",
    step(1, "Petugas", ways("@next", "#langkah-2", "@declined", "@refused", "@rescheduled",
                            answers=("tamu", "kurir", "tutup", "dilarang", "besok")),
         "Keperluan?"),
    step(2, "Petugas", ways("#langkah-1", "@next"), "Ulangi?"),
    step(3, "Petugas", ON),
)  # fmt: skip
LONG_TEXTS = procedure(
    "long-texts",
    step(1, "Penerima Tamu Kantor Sekretariat Daerah", ON, activity=LONG * 12),
    step(2, "Penanggungjawab Keamanan", ways("@next", "@refused"),
         "Barang bawaan diperiksa dan surat tugas masih berlaku?", LONG * 6),
)  # fmt: skip
ODD = (LOOP, REFUSALS, TWELVE, ONE_ROLE, LONG_TEXTS)
