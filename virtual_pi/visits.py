"""Visits at the checkpoint of guest A, from the guest's arrival to the leave-taking."""

from typing import Any

from virtual_pi import site
from virtual_pi.bench import Bench
from virtual_pi.errors import RowFailed
from virtual_pi.readers import card_shown, reader

LIMIT = 240.0
"""Seconds for a record; below 1 on an idle machine."""


def arrive(bench: Bench) -> dict[str, Any]:
    """Press reception's button and return the record of the arrival."""
    since = bench.office.mark()
    bench.guest.run(f"pins press {site.ARRIVE}")
    return bench.office.wait("visit.opened", since, LIMIT)


def leave(bench: Bench) -> dict[str, Any]:
    """Have the guest leave and return the record of the visit's end."""
    since = bench.office.mark()
    bench.guest.run(f"pins press {site.LEAVE} --seconds 1.6")
    return bench.office.wait("visit.closed", since, LIMIT)


def come_and_go(bench: Bench) -> dict[str, Any]:
    """Receive a guest, who leaves at once; return the record of the arrival."""
    arrived = arrive(bench)
    leave(bench)
    return arrived


def with_card(bench: Bench, line: str, *, still: bool = False) -> None:
    """Receive a guest, issue a card at the reader on *line*, have the guest leave and return it.

    :param line: the name of the reader's socket
    :param still: wait for the still of the procedure's first step
    :raises RowFailed: if the card was not issued, or the still did not arrive
    """
    office = bench.office
    out = office.wait_live("state/occupancy", LIMIT, bool)["cards_out"]
    arrive(bench)
    bench.guest.run(f"pins press {site.ACCEPT}")
    card = bench.dice.choice(site.CARDS)
    stills = office.stills
    with reader(bench.guest.folder / line) as connection:
        try:
            with card_shown(connection, card):
                office.wait_live(
                    "state/occupancy", LIMIT, lambda now: now and now["cards_out"] == out + 1
                )
            if still:
                office.wait_stills(stills, LIMIT)
        finally:
            ended = leave(bench)
            if ended["data"]["card_out"]:
                since = office.mark()
                with card_shown(connection, card):
                    office.wait("visit.reconciled", since, LIMIT)
    if not ended["data"]["card_out"]:
        raise RowFailed("the visit ended without a card")
