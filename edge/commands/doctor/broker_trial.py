"""Trial of the broker: does what the daemon will do, and reports each act as a finding.

A broker may end the connection at any message that it refuses (mosquitto 2.0.11 does): so the trial
connects again after a refusal and goes on with the next message.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from edge.commands.doctor.finding import Finding
from edge.commands.doctor.port_probe import surer
from edge.commands.doctor.trial_messages import TrialMessage, trial_messages
from edge.config.model import Config
from edge.mqtt.connection import Connection
from edge.mqtt.diagnosis import of_code
from edge.mqtt.inbox import FILTERS, LARGEST, MOST
from edge.mqtt.messages import topic
from edge.mqtt.packets import BrokerAnswer, Receive, Will
from edge.mqtt.reasons import BrokerUnavailable, Reason, reason

# Longest wait for one answer of the broker, real seconds.
ANSWER_S = 20.0
# The header of a PUBLISH and its message id, bytes.
_FRAMING = 9

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
            for suffix, _ in FILTERS:
                await self._subscribe(suffix)
            for message in trial_messages(self._config, birth):
                await self._publish(message)
        except BrokerUnavailable as error:
            broker = self._config.broker
            why = await asyncio.to_thread(surer, error.reason, broker)
            where = f"{broker.host}:{broker.port}"
            self._wrong(f"The broker at {where} cannot be used: {why}.", why)
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
                receive=Receive(MOST, LARGEST),
            )
            await self._link.open()
        return self._link

    async def _subscribe(self, suffix: str) -> None:
        link = await self._connected()
        answered, before = link.subacks, link.subscription_error
        link.subscribe(topic(self._config, suffix))
        ended = await _until_changed(link, lambda: link.subacks > answered)
        if ended is not None:
            self._wrong(f"Subscribing to {suffix} failed: {ended}.", ended)
        elif (refused := link.subscription_error) is not None and refused is not before:
            self._wrong(f"Subscribing to {suffix} is refused: {refused}.", refused)
        else:
            self._ok(f"May subscribe to {suffix}.")

    async def _publish(self, message: TrialMessage) -> None:
        link = await self._connected()
        what = f"{message.suffix} ({_act(message)})"
        if link.largest is not None and message.size + _FRAMING > link.largest:
            why = reason("packet-too-large", f"the broker accepts {link.largest} bytes")
            self._wrong(f"Publishing {what} is not possible: {why}.", why)
            return
        link.acknowledged.clear()
        link.publish(message.topic, message.payload, message.properties, retain=message.retain)
        ended = await _until_changed(link, lambda: link.acknowledged)
        if not link.acknowledged:
            why = ended or reason("silent")
            self._wrong(f"Publishing {what} failed: {why}.", why)
            return
        answer = link.acknowledged.popleft().answer
        if answer.refused:
            self._wrong(f"Publishing {what} is refused: {answer.words}.", _remedy(answer))
            # The broker may be about to close it: the next message would be blamed.
            link.leave(end_session=True)
            return
        if answer.no_subscriber and message.waited_for:
            self._unheard.append(message.suffix)
        self._ok(f"May publish {what}.")

    def _ok(self, saw: str, try_: str = "") -> None:
        self.findings.append(Finding(DEVICE, "ok", saw, try_))

    def _wrong(self, saw: str, why: Reason) -> None:
        self.findings.append(Finding(DEVICE, "wrong", saw, why.remedy))


def _act(message: TrialMessage) -> str:
    if message.retain and not message.payload:
        return "deleting"
    return f"{len(message.payload)} bytes{', retained' if message.retain else ''}"


def _remedy(answer: BrokerAnswer) -> Reason:
    return of_code(answer.code, "publish")


async def _until_changed(link: Connection, done: Callable[[], object]) -> Reason | None:
    """Wait until *done*; return why it will not be: the connection has ended, or is silent."""
    try:
        async with asyncio.timeout(ANSWER_S):
            while not done():
                if not link.up:
                    return reason("hung-up", str(link.why))
                link.changed.clear()
                await link.changed.wait()
    except TimeoutError:
        link.drop(reason("silent"))
        return reason("silent")
    return None
