"""Trial of the broker: does what the daemon will do, and reports each act as a finding.

A broker may end the connection at any message that it refuses (mosquitto 2.0.11 does): so the trial
connects again after a refusal and goes on with the next message.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from edge.commands.doctor.finding import Finding
from edge.commands.doctor.port_probe import surer
from edge.commands.doctor.trial_messages import TrialMessage, trial_messages
from edge.config.model import Config
from edge.mqtt import inbox, own_topics
from edge.mqtt.connection import Connection
from edge.mqtt.messages import topic
from edge.mqtt.packets import BrokerAnswer, Filter, Receive, Will
from edge.mqtt.reasons import BrokerUnavailable, Reason, reason

# Longest wait for one answer of the broker, real seconds.
ANSWER_S = 20.0
# The header of a PUBLISH and its message id, bytes.
_FRAMING = 9

SUBSCRIPTIONS: dict[str, Sequence[Filter]] = {
    **{one.topic_filter: (one,) for one in inbox.FILTERS},
    "its own topics": own_topics.FILTERS,
}
"""The daemon's subscriptions, by name."""

DEVICE = "broker"


class Trial:
    """One trial of the broker of *config*.

    :param client_id: another one than the daemon's, whose session would be taken over
    """

    def __init__(self, config: Config, client_id: str) -> None:
        self.findings: list[Finding] = []
        self._config = config
        self._client_id = client_id
        self._link: Connection | None = None
        self._unheard: list[str] = []

    async def run(self, birth: dict[str, Any] | None) -> None:
        """Connect, subscribe, publish one message of each kind, and leave.

        :param birth: the document of ``meta``
        """
        try:
            await self._connected()
            broker = self._config.broker
            how = "over TLS, its certificate is good" if broker.tls else "without encryption"
            self._ok(f"The broker at {broker.host}:{broker.port} lets us in ({how}).")
            for name, filters in SUBSCRIPTIONS.items():
                await self._subscribe(name, filters)
            for message in trial_messages(self._config, birth):
                await self._publish(message)
        except BrokerUnavailable as error:
            broker = self._config.broker
            why = await asyncio.to_thread(surer, error.reason, broker)
            where = f"{broker.host}:{broker.port}"
            self._wrong(f"The broker at {where} cannot be used: {why}.", why.remedy)
        finally:
            if self._link is not None:
                self._link.leave(end_session=True)
        if self._unheard:
            saw = f"Note: no client is subscribed to {', '.join(self._unheard)}."
            self._ok(saw, reason("no-subscriber").remedy)

    async def _connected(self) -> Connection:
        """Return the connection; make a new one if it has ended."""
        if self._link is None or not self._link.up:
            self._link = Connection(
                self._config.broker,
                self._client_id,
                0,
                # It deletes an alarm that does not stand.
                Will(topic(self._config, "state/alarm/doctor"), b"", 0),
                # No message is acknowledged: one for the daemon stays in its session.
                receive=Receive(inbox.MOST, by_hand=True),
                on_message=lambda _message: None,
            )
            await self._link.open()
        return self._link

    async def _subscribe(self, name: str, filters: Sequence[Filter]) -> None:
        link = await self._connected()
        base = topic(self._config, "")
        below = [one._replace(topic_filter=base + one.topic_filter) for one in filters]
        answer = await _ask(link, lambda: link.subscribe(below))
        if isinstance(answer, Reason):
            self._wrong(f"Subscribing to {name} failed: {answer}.", answer.remedy)
        elif answer.refused:
            self._wrong(f"Subscribing to {name} is refused: {answer.words}.", answer.remedy)
        else:
            self._ok(f"May subscribe to {name}.")

    async def _publish(self, message: TrialMessage) -> None:
        link = await self._connected()
        what = f"{message.suffix} ({_act(message)})"
        if link.largest is not None and message.size + _FRAMING > link.largest:
            why = reason("packet-too-large", f"the broker accepts {link.largest} bytes")
            self._wrong(f"Publishing {what} is not possible: {why}.", why.remedy)
            return
        answer = await _ask(
            link,
            lambda: link.publish(
                message.topic, message.payload, message.properties, retain=message.retain
            ),
        )
        if isinstance(answer, Reason):
            self._wrong(f"Publishing {what} failed: {answer}.", answer.remedy)
        elif answer.refused:
            self._wrong(f"Publishing {what} is refused: {answer.words}.", answer.remedy)
            # The broker may be about to close it: the next message would be blamed.
            link.leave(end_session=True)
        else:
            if answer.no_subscriber and message.waited_for:
                self._unheard.append(message.suffix)
            self._ok(f"May publish {what}.")

    def _ok(self, saw: str, try_: str = "") -> None:
        self.findings.append(Finding(DEVICE, "ok", saw, try_))

    def _wrong(self, saw: str, try_: str) -> None:
        self.findings.append(Finding(DEVICE, "wrong", saw, try_))


def _act(message: TrialMessage) -> str:
    if message.retain and not message.payload:
        return "deleting"
    return f"{len(message.payload)} bytes{', retained' if message.retain else ''}"


async def _ask(link: Connection, send: Callable[[], object]) -> BrokerAnswer | Reason:
    """Send one packet; return the broker's answer, or why there is none: it ended, or is silent."""
    link.answers.clear()
    send()
    try:
        async with asyncio.timeout(ANSWER_S):
            while not link.answers:
                if not link.up:
                    return reason("hung-up", str(link.why))
                link.changed.clear()
                await link.changed.wait()
    except TimeoutError:
        link.drop(reason("silent"))
        return reason("silent")
    return link.answers.popleft().answer
