"""Measures from a contact's edge to its message, against peers: as it is, and in worse settings.

The worse settings are a slow memory card, a fifth of a processor core, and TLS to the broker.
"""

import msgspec

from bench.bed import Bed, say
from bench.card import MISSING, SlowCard, slow_card
from bench.peers import mqtt_io
from bench.publishers import Setting
from bench.race import Race, Target
from bench.table import Row
from bench.throttle import SHARE, throttled

FLOOR, BARE = Target(1.4, 1.6), Target(2.1, 2.5)
"""The targets against the bare script with as many bytes synced, and without storage."""

_ROUNDS, _EDGES = 5, 120
_FEW_ROUNDS, _FEW_EDGES = 3, 60
# One round: the syncs are most of the time. The longer they are, the fewer edges show them.
_SLOW_EDGES = {20.0: 60, 200.0: 15}


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of p50 and p95 against each peer."""
    version = mqtt_io.version()
    names = ["gardu", "synced", "bare", *(["mqtt-io"] if version else [])]
    race = Race(bed, "edge to subscriber", names, Setting())
    await race.run(*((1, 40) if bed.quick else (_ROUNDS, _EDGES)))
    p50, p95 = race.rows("synced", FLOOR)
    note = f"{race.event_bytes:,} bytes are written for each event"
    if not version:
        note += f"; {mqtt_io.MISSING}"
    rows = [msgspec.structs.replace(p50, note=note), p95, *race.rows("bare", BARE)]
    return rows + (race.rows("mqtt-io") if version else [])


async def measure_on_card(bed: Bed) -> list[Row]:
    """Return the rows of a slow card, for Gardu and for the floor."""
    card = slow_card(bed)
    if card is None:
        say(MISSING)
        return []
    rows = []
    for delay_ms, edges in _SLOW_EDGES.items():
        what = f"edge to subscriber, + {delay_ms:g} ms a sync"
        race = Race(bed, what, ["gardu", "synced"], _on_card(card, delay_ms))
        await race.run(1, edges, warm_up=3)
        rows += race.rows("synced")
    return rows


def _on_card(card: SlowCard, delay_ms: float) -> Setting:
    return Setting(environment=card.environment, slow=lambda _pid: card.slowed(delay_ms))


async def measure_on_slow_core(bed: Bed) -> list[Row]:
    """Return the rows of a fifth of a processor, for Gardu and the bare scripts alike."""
    name = f"edge to subscriber, {SHARE:.0%} of a core"
    return await _rows(bed, name, ["gardu", "synced", "bare"], Setting(slow=throttled))


async def measure_with_tls(bed: Bed) -> list[Row]:
    """Return the rows of TLS between publisher and broker; the subscriber is without it."""
    if bed.listeners.tls is None:
        say("mosquitto or openssl is not installed: the rows with TLS are left out")
        return []
    setting = Setting(listener=bed.listeners.tls)
    return await _rows(bed, "edge to subscriber, TLS", ["gardu", "bare"], setting)


async def _rows(bed: Bed, what: str, names: list[str], setting: Setting) -> list[Row]:
    race = Race(bed, what, names, setting)
    await race.run(*((1, 40) if bed.quick else (_FEW_ROUNDS, _FEW_EDGES)))
    return [row for peer in names[1:] for row in race.rows(peer)]
