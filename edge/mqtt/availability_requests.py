"""Carries out `cmd/availability`: whether a host is in place and receiving guests."""

from collections.abc import Collection
from functools import partial

from edge.clock import Clock
from edge.mqtt import requests
from edge.mqtt.requests import Answer, Availability, RequestRefused
from edge.sop.events import AvailabilitySet, Post


class AvailabilityRequests:
    """The availability of each host that was announced last.

    :param hosts: the names that may be used: of hosts, procedures and called stations
    :param reasons: the allowed reasons of an absence: they go into records, so they are words
    """

    def __init__(
        self, hosts: Collection[str], reasons: Collection[str], clock: Clock, post: Post
    ) -> None:
        self._hosts = frozenset(hosts)
        self._reasons = frozenset(reasons)
        self._clock = clock
        self._post = post
        self._set: dict[str, Availability] = {}

    def carry_out(self, suffix: str, payload: bytes, *, retained: bool) -> Answer | None:
        """Carry out a message on the topic *suffix*; return the answer.

        None if it only deletes a retained message.

        :raises RequestRefused: with the reason
        """
        if not payload:
            return None
        level = suffix.removeprefix(requests.AVAILABILITY).removeprefix("/")
        request = requests.availability(payload, level)
        before = self._set.get(request.host)
        if before is None or before.id != request.id:
            # Without a host in its topic a message is not meant to be retained.
            self._store(request, before, retained=retained and level != "")
        return Answer(ok=True, id=request.id)

    def _store(self, request: Availability, before: Availability | None, *, retained: bool) -> None:
        if request.host not in self._hosts:
            allowed = ", ".join(sorted(self._hosts))
            raise RequestRefused(
                "unknown host", f"no host {request.host} here; allowed: {allowed}", "host"
            )
        if request.reason is not None and request.reason not in self._reasons:
            allowed = ", ".join(sorted(self._reasons))
            raise RequestRefused(
                "unknown reason", f"no words for that reason here; allowed: {allowed}", "reason"
            )
        now = self._clock.now()
        if before is not None and not requests.replaces(request, before, now):
            raise RequestRefused("older than what is known")
        oldest_s = requests.LONGEST_AVAILABILITY_S if retained else requests.GOOD_FOR_S
        requests.in_time(request.time, now, need_synced=False, oldest_s=oldest_s)
        self._set[request.host] = request
        until_ms = None if request.until is None else round(request.until.timestamp() * 1e3)
        self._post(
            partial(
                AvailabilitySet,
                host=request.host,
                receiving=request.receiving,
                until_ms=until_ms,
                reason=request.reason,
                said_ms=round(request.time.timestamp() * 1e3),
            )
        )
