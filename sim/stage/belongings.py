"""Whose cards and lockers: the records of a visit, against what its guest had in hand. Pure.

No record has the number of a card. So a card is compared by its visit: the visit whose guest had it
must be the one that owes it, and the one to which it comes back. Lockers are compared by number.
"""

from collections import Counter
from collections.abc import Iterator

from sim.people.guests import Guest
from sim.stage.received import VisitSeen


def differences(guest: Guest, visit: VisitSeen) -> Iterator[str]:
    """Yield each difference between the records of *visit* and what *guest* had, in words."""
    account = guest.account
    (end,) = visit.data("visit.closed")[:1] or ({},)
    if not end or account.over is None:
        return
    if end.get("persons", 1) != guest.persons:
        yield f"{end['persons']} persons are recorded, {guest.persons} came"
    joined = [one["persons"] for one in visit.data("visit.joined")]
    if joined != list(range(2, guest.persons + 1)):
        yield f"persons joined as {joined}, {guest.persons} came"
    host = end.get("host")
    if host and guest.host and host != guest.host:
        yield f"the visit was recorded for {host}, the guest came for {guest.host}"
    if end.get("cards_out", 0) != account.cards_out:
        yield f"{end.get('cards_out', 0)} cards are owed, expected {account.cards_out}"
    owed = sorted(end.get("lockers_out", ()))
    if owed != sorted(account.lockers_out):
        yield f"lockers {owed} are owed, expected {sorted(account.lockers_out)}"
    for one in visit.data("locker.opened"):
        if one["locker"] not in account.lockers:
            yield f"a supervisor opened locker {one['locker']}, the guest had {account.lockers}"
    lost = len(visit.data("card.lost"))
    if lost != account.cards_lost:
        yield f"{lost} cards were declared lost, expected {account.cards_lost}"
    yield from _of_return(guest, visit, end.get("ids_held", 0))


def _of_return(guest: Guest, visit: VisitSeen, held: int) -> Iterator[str]:
    """Compare the items that came back after the visit with those that were still out.

    :param held: number of the guest's IDs that were held when the visit ended
    """
    account = guest.account
    back = Counter(one["returned"] for one in visit.data("visit.reconciled"))
    had = Counter({"card": account.cards_out + account.cards_lost, "identity": held})
    had.update(f"locker/{number}" for number in account.lockers_out)
    for item in sorted(had.keys() | back.keys()):
        if back[item] != had[item]:
            yield f"{item} came back {back[item]} times after the visit, expected {had[item]}"
