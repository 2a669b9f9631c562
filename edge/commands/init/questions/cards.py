"""Questions about visitor cards, their readers, and scanners."""

from collections.abc import Mapping
from importlib.util import find_spec

from edge.commands.init.cards import card_numbers
from edge.commands.init.kinds import CardCount, OptionalCard, Pool
from edge.commands.init.question import LATER, Asked, Group, Question
from edge.commands.init.questions.checks import port_proposals, port_wrong
from edge.commands.init.questions.guest_kinds import card_pools
from edge.config.sections.guests import InvitationKey
from edge.config.sections.values import Name, NumberForm, Port
from edge.errors import ConfigError

READERS = {
    "rdm6300": "RDM6300, 125 kHz, on a USB serial adapter",
    "id-12la": "ID-12LA or ID-20LA, 125 kHz, on a USB serial adapter",
    "em-18": "EM-18, 125 kHz, on a USB serial adapter",
    "pn532": "PN532, 13.56 MHz, on a USB serial adapter",
    "keyboard": "a USB reader that types the number like a keyboard",
    "wiegand": "a reader with a Wiegand output, on two pins behind a level shifter",
}


SCANNERS = {
    "none": "no scanner: no invitations",
    "gm65": "GM65 or GM8xx, on a USB serial adapter",
    "keyboard": "a USB scanner that types like a keyboard",
}


_POOL_WHY = (
    "Type them with blanks between, or the name of a file with one number a line, or "
    '"later": `gardu watch-inputs` shows a number when its card is held to the reader. '
    "Never list an identity card."
)


def _cards_wrong(asked: Asked, pool: list[str] | str) -> str:
    try:
        return "" if pool == LATER or card_numbers(pool, asked.office.folder) else "is empty"
    except ConfigError as error:
        return "; ".join(error.problems)


def _card_stations(asked: Asked) -> Mapping[str, str]:
    needs = asked.needs
    return {one: "" for one in needs.stations if one not in needs.aides}


def _scanner_wrong(_asked: Asked, driver: str) -> str:
    if driver == "none" or find_spec("nacl") is not None:
        return ""
    return "needs PyNaCl, which is not installed: pip install 'gardu[invitations]'; allowed: none"


CARDS = Group(
    key="cards",
    title="Visitor cards",
    applies=lambda asked: asked.needs.cards,
    unless="no chosen procedure gives the guests a card",
    questions=(
        Question(
            key="visitor",
            text="Numbers of the visitor cards?",
            why=_POOL_WHY,
            kind=Pool,
            default=lambda _: LATER,
            wrong=_cards_wrong,
            applies=lambda asked: asked.needs.visitor_cards,
            unless="each chosen procedure names a pool of its own (card_pools)",
        ),
        Question(
            key="count",
            text="How many visitor cards?",
            why="As many as guests can be in the house at once.",
            kind=CardCount,
            default=lambda _: 12,
            applies=lambda asked: asked["cards.visitor"] == LATER,
            unless="the numbers of the cards are known (cards.visitor)",
        ),
        Question(
            key="escort",
            text="Numbers of the escorts' cards?",
            why="An escort shows it when the guest is accompanied. As for the visitor cards; in "
            "records an escort is a number, never a person's name.",
            kind=Pool,
            default=lambda _: LATER,
            wrong=_cards_wrong,
            applies=lambda asked: asked.needs.escorts,
            unless="no chosen procedure waits for an escort's card",
        ),
        Question(
            key="escorts",
            text="How many escorts have a card?",
            why="As many as accompany guests at once.",
            kind=CardCount,
            default=lambda _: 2,
            applies=lambda asked: asked["cards.escort"] == LATER,
            unless="the numbers of their cards are known (cards.escort), or there are none",
        ),
        Question(
            key="supervisor",
            text="Number of the supervisor's card (empty: none)?",
            why="It opens a locker outside a procedure (forgotten belongings, a jam), and allows "
            "the return of a lost card that was found.",
            kind=OptionalCard,
            default=lambda _: "",
        ),
        Question(
            key="duty",
            text="Duty of the supervisor?",
            why="Recorded when the card is used. A duty, never a person's name.",
            kind=Name,
            default=lambda _: "duty-officer",
            applies=lambda asked: bool(asked["cards.supervisor"]),
            unless="cards.supervisor is empty",
        ),
    ),
)


CARD_POOL = Group(
    key="card_pools.*",
    title="Pool of cards *",
    names=card_pools,
    unless="no chosen procedure and no kind of guests names that pool (card_pool)",
    questions=(
        Question(
            key="cards",
            text="Numbers of its cards?",
            why=_POOL_WHY,
            kind=Pool,
            default=lambda _: LATER,
            wrong=_cards_wrong,
        ),
        Question(
            key="count",
            text="How many cards?",
            why="As many as its guests can be in the house at once.",
            kind=CardCount,
            default=lambda _: 12,
            applies=lambda asked: asked.own("cards") == LATER,
            unless="the numbers of its cards are known",
        ),
    ),
)


CARD_READERS = Group(
    key="card_readers.*",
    title="Card reader *",
    names=lambda asked: asked["equipment.card_readers"] or (),
    unless="equipment.card_readers does not name it",
    questions=(
        Question(
            key="driver",
            text="Which kind of reader?",
            why="docs/cards.md describes each, with its wiring.",
            kind=str,
            default=lambda _: "rdm6300",
            choices=lambda _: READERS,
        ),
        Question(
            key="port",
            text="Its port?",
            why="A name that stays when other devices are plugged in: ls /dev/serial/by-id/ (a "
            "reader that types: ls /dev/input/by-id/).",
            kind=Port,
            default=lambda asked: port_proposals(asked)[0],
            proposals=port_proposals,
            applies=lambda asked: asked.own("driver") != "wiegand",
            unless="a Wiegand reader is on pins",
            wrong=port_wrong,
        ),
        Question(
            key="number",
            text="In which form does it type a number?",
            why="Open a text editor and hold a card to the reader: 0100A4C101 is hex, 0010797313 "
            "is decimal, 164,49409 is facility-card.",
            kind=NumberForm,
            default=lambda _: "decimal",
            choices=lambda _: {"decimal": "", "hex": "", "facility-card": ""},
            applies=lambda asked: asked.own("driver") == "keyboard",
            unless="the reader does not type",
        ),
        Question(
            key="bits",
            text="Bits of a frame?",
            why="26 is usual; 34 for readers of 32-bit numbers.",
            kind=int,
            default=lambda _: 26,
            choices=lambda _: {"26": "", "34": ""},
            applies=lambda asked: asked.own("driver") == "wiegand",
            unless="the reader has no Wiegand output",
        ),
        Question(
            key="stations",
            text="Which stations are beside it?",
            why="Cards are given out at one station and come back at another: both must be beside "
            "a reader.",
            kind=list[Name],
            default=lambda asked: list(asked.needs.card_stations),
            choices=_card_stations,
        ),
    ),
)


SCANNER = Group(
    key="scanner",
    title="Invitations",
    questions=(
        Question(
            key="driver",
            text="Scanner for the QR codes of invited guests?",
            why="Guests who were registered in advance show a code (docs/invitations.md).",
            kind=str,
            default=lambda _: "none",
            choices=lambda _: SCANNERS,
            wrong=_scanner_wrong,
        ),
        Question(
            key="port",
            text="Its port?",
            why="As for a card reader.",
            kind=Port,
            default=lambda asked: port_proposals(asked)[0],
            proposals=port_proposals,
            applies=lambda asked: asked.own("driver") != "none",
            unless="scanner.driver is none",
            wrong=port_wrong,
        ),
        Question(
            key="inviter",
            text="Duty of those who may invite?",
            why="The name of their key in the config.",
            kind=Name,
            default=lambda _: "protokol",
            applies=lambda asked: asked.own("driver") != "none",
            unless="scanner.driver is none",
        ),
        Question(
            key="key",
            text="Their public key?",
            why="44 characters, as `gardu invitation key -o FILE` prints them. Without a key no "
            "code can be valid: answer back, and choose no scanner for now.",
            kind=InvitationKey,
            applies=lambda asked: asked.own("driver") != "none",
            unless="scanner.driver is none",
        ),
    ),
)
