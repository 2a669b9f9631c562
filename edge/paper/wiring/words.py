"""The words of the wiring picture in Indonesian, by the English words that the tables use. Pure.

Names of the config, drivers, products and pins are the same in both languages. Words that are not
in the table are printed in English; tests/paper/test_wiring_words.py finds such words.
"""

import re

from edge.config.inventory import Fitted, kind_of
from edge.config.sections.panels import Button
from edge.paper.panel.labels import ACTIONS, HELD, LAMPS
from edge.paper.words import Language

_WORDS = {
    "Gardu: wiring of the checkpoint": "Gardu: pengawatan pos tamu",
    "sheet": "lembar",
    "input (contact)": "masukan (kontak)",
    "output (relay, lamp)": "keluaran (relai, lampu)",
    "serial": "serial",
    "3.3 V": "3.3 V",
    "5 V": "5 V",
    "ground": "ground",
    "free": "bebas",
    "resistor to fit": "resistor yang dipasang",
    "may switch on while the Pi boots": "dapat menyala selama Pi mulai",
    "reserved for HATs": "untuk HAT",
    "ground (GND)": "ground (GND)",
    "transmits (TXD)": "mengirim (TXD)",
    "receives (RXD)": "menerima (RXD)",
    "Wiegand · 3.3 V at most": "Wiegand · paling tinggi 3.3 V",
    "on when high": "menyala bila high",
    "on when low": "menyala bila low",
    "to": "ke",
    "high when active": "high bila aktif",
    "low when active": "low bila aktif",
    "A to A, B to B, GND": "A ke A, B ke B, GND",
    "network cable": "kabel jaringan",
    "RS-485 adapter on USB": "adaptor RS-485 di USB",
    "RS-485 gateway": "gerbang RS-485",
    "transparent": "transparan",
    "address": "alamat",
    "on bus": "pada bus",
    "for": "untuk",
    "on the camera connector (CSI)": "pada konektor kamera (CSI)",
    "Module": "Modul",
    "input": "masukan",
    "output": "keluaran",
    "of": "dari",
    "on energises it": "hidup: dialiri arus",
    "To mind": "Perhatian",
    "Parts": "Daftar komponen",
    # The notes.
    "Pin 1 has the square pad; on a Pi 3 to 5 it is at the end away from the USB sockets.":
        "Pin 1 berkaki persegi; pada Pi 3 sampai 5 letaknya di ujung yang jauh dari soket USB.",
    "3.3 V only: 5 V on a GPIO destroys the Pi. Switch everything off before wiring.":
        "Hanya 3.3 V: 5 V pada GPIO merusak Pi. Matikan semua daya sebelum memasang kabel.",
    "GPIO 2 to 8 are pulled up while the Pi boots, 9 to 27 down.":
        "Selama Pi mulai, GPIO 2 sampai 8 ditarik ke atas, 9 sampai 27 ke bawah.",
    # The parts list.
    "relay channel for a lock's solenoid": "kanal relai untuk solenoid kunci",
    "relay channel for a door strike": "kanal relai untuk kunci listrik pintu",
    "relay channel, dry contact, for the aiphone's call":
        "kanal relai, kontak kering, untuk panggilan aiphone",
    "lamp (LED) with a transistor or relay": "lampu (LED) dengan transistor atau relai",
    "active buzzer with a transistor": "buzzer aktif dengan transistor",
    "level shifter from 5 V to 3.3 V, one channel": "pengubah level 5 V ke 3.3 V, satu kanal",
    "push button, normally open": "tombol tekan, normally open",
    "magnetic contact for a door": "kontak magnet untuk pintu",
    "interposing relay for an aiphone contact": "relai perantara untuk kontak aiphone",
    "optocoupler or interposing relay for the metal detector":
        "optokopler atau relai perantara untuk metal detektor",
    "supervised loop contact": "kontak loop yang diawasi",
    "RDM6300 card reader, 125 kHz, with coil": "pembaca kartu RDM6300, 125 kHz, dengan antena",
    "ID-12LA or ID-20LA card reader, 125 kHz": "pembaca kartu ID-12LA atau ID-20LA, 125 kHz",
    "EM-18 card reader, 125 kHz": "pembaca kartu EM-18, 125 kHz",
    "USB card reader or code scanner that types like a keyboard":
        "pembaca kartu atau pemindai kode USB yang mengetik seperti papan ketik",
    "card reader with a Wiegand output": "pembaca kartu dengan keluaran Wiegand",
    "PN532 card reader, 13.56 MHz, set to HSU": "pembaca kartu PN532, 13.56 MHz, disetel ke HSU",
    "GM65 or GM8xx code scanner": "pemindai kode GM65 atau GM8xx",
    "IP camera with an HTTP snapshot": "kamera IP dengan gambar lewat HTTP",
    "Pi camera": "kamera Pi",
    "KERONG locker board": "papan loker KERONG",
    "lock control board with an XOR checksum (BCC)": "papan kunci dengan checksum XOR (BCC)",
    "Modbus module with inputs and outputs": "modul Modbus dengan masukan dan keluaran",
    "ICP DAS M-7000 or tM module, digital inputs and outputs":
        "modul ICP DAS M-7000 atau tM, masukan dan keluaran digital",
    "WAGO 750 coupler with digital input and output modules":
        "coupler WAGO 750 dengan modul masukan dan keluaran digital",
    "Waveshare Modbus RTU IO 8CH": "Waveshare Modbus RTU IO 8CH",
    "Waveshare Modbus relay board without inputs": "papan relai Modbus Waveshare tanpa masukan",
    "Waveshare Modbus RTU Relay (D)": "Waveshare Modbus RTU Relay (D)",
    "Waveshare Modbus RTU relay board": "papan relai Modbus RTU Waveshare",
    "R421A08 or R4D8 relay board": "papan relai R421A08 atau R4D8",
    "USB serial adapter with a serial number of its own":
        "adaptor serial USB dengan nomor seri sendiri",
    "USB RS-485 adapter": "adaptor RS-485 USB",
    "RS-485 gateway for the network": "gerbang RS-485 untuk jaringan",
    "resistor 120 ohm": "resistor 120 ohm",
    "resistor 10 kilohm to GND": "resistor 10 kilohm ke GND",
    "resistor 10 kilohm to 3.3 V": "resistor 10 kilohm ke 3.3 V",
    "visitor card": "kartu tamu",
    "supply for the Pi: 5 V 3 A (Pi 5: 5 A)": "catu daya Pi: 5 V 3 A (Pi 5: 5 A)",
    "supply for the locks": "catu daya kunci",
    "supply for the strikes": "catu daya kunci listrik pintu",
}  # fmt: skip

# Notes that name pins: patterns of the English words, and the Indonesian words with their groups.
_PATTERNS = {
    (
        r"White boxes: fit a resistor of (.+) from the pin to what is named\. While the Pi boots, "
        r"and when the daemon is stopped, only this keeps an output off\."
    ): (
        r"Kotak putih: pasang resistor \1 dari pin ke tujuan yang tertulis. Selama Pi mulai, dan "
        r"bila Gardu berhenti, hanya resistor ini yang menjaga keluaran tetap mati."
    ),
    (
        r"GPIO (.+): keep the serial console switched off \((.+) in (.+)\)"
    ): r"GPIO \1: matikan konsol serial (\2 di \3)",
    (
        r"GPIO (.+): keep I2S sound switched off \((.+) in (.+)\)"
    ): r"GPIO \1: matikan suara I2S (\2 di \3)",
    r"GPIO (.+): keep (.+) switched off \((.+) in (.+)\)": r"GPIO \1: matikan \2 (\3 di \4)",
    (
        r"(GPIO \d+ \(.+\)) is on while the Pi boots \(pulled (?:up|down)\): use (GPIO \d+) to "
        r"(\d+), or fit a resistor against it"
    ): r"\1 menyala selama Pi mulai: pakai \2 sampai \3, atau pasang resistor penahan",
    (
        r"(GPIO \d+ \(.+\)) is driven by the serial console, if it is on, while the Pi boots: fit "
        r"1 kOhm in the contact's wire, or use another pin"
    ): (
        r"\1 digerakkan oleh konsol serial, jika hidup, selama Pi mulai: pasang 1 kOhm pada kabel "
        r"kontak, atau pakai pin lain"
    ),
    (
        r"(GPIO \d+ \(.+\)) is shorted while the Pi boots, if the serial console is on: it drives "
        r"this pin, and the contact is closed at rest; use another pin"
    ): (
        r"\1 terhubung singkat selama Pi mulai, jika konsol serial hidup: konsol menggerakkan pin "
        r"ini, dan kontak tertutup saat diam; pakai pin lain"
    ),
    (
        r"(GPIO \d+ \(.+\)) is switched (?:on )?by the serial console, if it is on, while the Pi "
        r"boots: use another pin"
    ): r"\1 dinyalakan oleh konsol serial, jika hidup, selama Pi mulai: pakai pin lain",
}
_NOTES = [(re.compile(english), indonesian) for english, indonesian in _PATTERNS.items()]

# The parts of devices by the last word of their keys; the devices by their kind.
_PARTS = {
    "relay": "kunci", "door": "pintu", "strike": "kunci listrik", "contact": "kontak pintu",
    "ring": "panggilan", "accept": "menerima", "decline": "menolak", "busy": "sibuk",
    "release": "buka pintu", "extend": "tambah waktu", "alarm": "alarm", "passage": "lewat",
    "inner": "sisi dalam", "outer": "sisi luar", "lamp": "lampu", "buzzer": "buzzer",
    "fire": "kebakaran", "duress": "darurat", "d0": "D0", "d1": "D1", "tamper": "sabotase",
}  # fmt: skip
_DEVICES = {
    "aiphone": "aiphone", "buzzer": "", "door": "pintu", "metal-detector": "metal detektor",
    "card-reader": "pembaca kartu", "safety": "pengaman", "panel": "",
}  # fmt: skip


def said(words: str, lang: Language) -> str:
    """Return the English *words* of a table in *lang*."""
    if lang is Language.EN:
        return words
    for pattern, indonesian in _NOTES:
        found = pattern.fullmatch(words)
        if found is not None:
            return found.expand(indonesian)
    return _WORDS.get(words, words)


def function_words(part: Fitted, lang: Language) -> str:
    """Return the function of *part*: that of the wiring table, or its Indonesian words."""
    if lang is Language.EN:
        return part.function
    last = part.key.rpartition(".")[2].partition("[")[0]
    if isinstance(part.part, Button):
        return _button(part, part.part)
    kind, _, name = part.device.partition("/")
    if kind == "lockers":
        return f"loker {part.function.split()[1]} {_PARTS[last]}"
    if kind == "hosts":
        return f"pejabat {part.function.split()[1]} {_PARTS[last]}"
    if kind == "panel":
        colour = "" if last == "lamp" else f" {_colour(last).lower()}"
        return f"{name} lampu{colour}"
    known = last in _PARTS and kind_of(part.device) in _DEVICES
    words = [_DEVICES.get(kind, kind), name, _PARTS.get(last, last)]
    return " ".join(filter(None, words)) if known else part.function


def _button(part: Fitted, button: Button) -> str:
    """Return the words of a button: its panel, and what pressing and holding it means."""
    panel, pressed = part.function.split(" button ", 1)
    meant = ACTIONS[button.press].id
    press, _, hold = pressed.partition(", held: ")
    names = press.removeprefix(button.press)
    words = f"{panel} tombol {meant}{names}"
    if button.hold is None:
        return words
    return f"{words}, {HELD.id}: {ACTIONS[button.hold].id}{hold.removeprefix(button.hold)}"


def _colour(name: str) -> str:
    lamps: dict[str, str] = {lamp: words.id for lamp, words in LAMPS.items()}
    return lamps.get(name, name)
