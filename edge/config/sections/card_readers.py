"""The card readers. Each has a serial port of its own."""

from typing import Annotated, Literal

from msgspec import Meta

from edge.config.sections.pins import DataLine
from edge.config.sections.values import Name, NumberForm, Port, Section

# Longer than the pause of a reader that repeats a card while it lies there.
Silence = Annotated[float, Meta(ge=0.1, le=60, description="seconds from 0.1 to 60")]


class Reader(Section, frozen=True, kw_only=True):
    """A reader of cards or codes.

    :ivar stations: the stations beside it, such as reception and officer-1
    """

    stations: list[Name]


class SerialReader(Reader, frozen=True, kw_only=True):
    """A card reader on a serial port.

    :ivar port: its name, which stays when other devices are plugged in
    :ivar removed_after_s: a card counts as removed after this much silence
    """

    port: Port
    removed_after_s: Silence = 0.3


class Rdm6300(SerialReader, frozen=True, kw_only=True, tag_field="driver", tag="rdm6300"):
    """An RDM6300, 125 kHz, 9600 8N1. It repeats a card every 50 to 65 ms while it lies there."""


class Id12La(SerialReader, frozen=True, kw_only=True, tag_field="driver", tag="id-12la"):
    """An ID-12LA or ID-20LA, 125 kHz, 9600 8N1, in its ASCII format.

    Its documentation does not state if it repeats a card that stays: the driver handles both.
    """


class Em18(SerialReader, frozen=True, kw_only=True, tag_field="driver", tag="em-18"):
    """An EM-18, 125 kHz, 9600 8N1, in its serial mode. It sends a card once, when it arrives."""


class Pn532(SerialReader, frozen=True, kw_only=True, tag_field="driver", tag="pn532"):
    """A PN532, 13.56 MHz, over its high-speed UART (115200 8N1). Only card numbers are read.

    :ivar poll_s: interval of the polls for cards in the field
    :ivar removed_after_s: a card is removed once it has been missing from the answers this long
    """

    poll_s: Annotated[float, Meta(ge=0.05, le=2, description="seconds from 0.05 to 2")] = 0.1
    removed_after_s: Silence = 1.0


FirstByte = Annotated[
    str, Meta(pattern=r"^([0-9A-F]{2})?\Z", description="two hexadecimal digits, or empty")
]


class KeyboardCardReader(Reader, frozen=True, kw_only=True, tag_field="driver", tag="keyboard"):
    """A USB reader that types the number of a card like a keyboard, once when the card arrives.

    :ivar port: its name under /dev/input/by-id/, which ends with ``-event-kbd``
    :ivar number: the form in which it types a number
    :ivar first_byte: put before numbers of 8 digits, so that they equal those of readers that give
        all five bytes of a 125 kHz card
    :ivar removed_after_s: a card counts as removed after this much silence
    """

    port: Port
    number: NumberForm
    first_byte: FirstByte = ""
    removed_after_s: Silence = 0.5


class Wiegand(Reader, frozen=True, kw_only=True, tag_field="driver", tag="wiegand"):
    """A reader with a Wiegand output on two pins. It sends a card once, when the card arrives.

    :ivar d0: the line that is pulled low for a bit 0 (green wire)
    :ivar d1: the line that is pulled low for a bit 1 (white wire)
    :ivar bits: 26: a facility code of 8 bits and a card number of 16; 34: a number of 32 bits
    :ivar first_byte: put before the number's 8 digits, as for a ``keyboard``
    :ivar removed_after_s: a card counts as removed after this much silence
    """

    d0: DataLine
    d1: DataLine
    bits: Literal[26, 34] = 26
    first_byte: FirstByte = ""
    removed_after_s: Silence = 0.5


CardReader = Rdm6300 | Id12La | Em18 | Pn532 | KeyboardCardReader | Wiegand


class Gm65(Reader, frozen=True, kw_only=True, tag_field="driver", tag="gm65"):
    """A GM65 or GM8xx module on a serial port (9600 8N1) that ends a code with CR or CR LF.

    :ivar port: its name under /dev/serial/by-id/
    :ivar mode: ``presence``: the module starts a reading itself, set up with the codes of its
        manual; ``host``: Gardu starts readings with the trigger command, which it repeats
    :ivar reading_s: ``host`` only: how long the module reads after a trigger; set in the module
    :ivar repeat_s: the same code counts again only after it has been absent for this long; in
        mode ``host`` a code that stays is read about every second
    """

    port: Port
    mode: Literal["presence", "host"] = "presence"
    reading_s: Annotated[float, Meta(ge=1, le=25.5, description="seconds from 1 to 25.5")] = 5.0
    repeat_s: Annotated[float, Meta(ge=2, le=3600, description="seconds from 2 to 3600")] = 5.0


class KeyboardScanner(Reader, frozen=True, kw_only=True, tag_field="driver", tag="keyboard"):
    """A USB scanner that types a code like a keyboard with the US layout.

    :ivar port: its name under /dev/input/by-id/, which ends with ``-event-kbd``
    :ivar repeat_s: the same code counts again only after it has been absent for this long
    """

    port: Port
    repeat_s: Annotated[float, Meta(ge=2, le=3600, description="seconds from 2 to 3600")] = 5.0


Scanner = Gm65 | KeyboardScanner
