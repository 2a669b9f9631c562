"""The steps of a switch to another version, and of the way back.

=============== ================================================================================
step            a cut after it
=============== ================================================================================
record trial    the next run begins the trial once more
stop            the same
database        the same: the older version finds its own format, or the newer migrates again
links           the same: both versions are whole
start, verdict  the same; after MOST_TRIALS trials that did not end, the version before comes back
record back     the next run goes the rest of the way back
remove record   nothing is left to do
=============== ================================================================================

The version before does not come back if it did not work either when the switch began: then the
cause is probably not the new one, for example a wrong config.
"""

import dataclasses
import shutil
import time
from collections.abc import Callable

from gardu_upgrade import database, durable, record, versions
from gardu_upgrade.places import Places
from gardu_upgrade.record import Switch
from gardu_upgrade.report import say
from gardu_upgrade.service import Service
from gardu_upgrade.trial import Pace, Trial

MOST_TRIALS = 2
NEEDS_FREE = 16 * 2**20
"""Free space that a switch needs on the disk of the versions, bytes: its records, and some room."""

_JOURNAL = "journalctl -u gardu has more"


class CannotSwitch(Exception):
    """The switch cannot begin; all is as it was."""


class Switcher:
    """Carries out switches, one at a time."""

    def __init__(
        self, places: Places, pace: Pace | None = None,
        trial: Callable[..., Trial] = Trial,
    ) -> None:  # fmt: skip
        self._places = places
        self._service = Service(places)
        self._pace = pace
        self._trial = trial

    def switch(self, to: str, *, new_stream: bool = False) -> bool:
        """Switch to the version *to*; return False if no version works, or *to* was refused.

        After a failed trial the version before is back, and the result is True.

        :raises CannotSwitch: if it cannot begin
        """
        self.finish()
        self._require(to)
        before, state = versions.current(self._places), self._service.state()
        if state.stopped:
            return self._set_link(before, to, new_stream=new_stream)
        switch = Switch(
            before=before,
            to=to,
            kept=versions.previous(self._places),
            worked=state.works,
            new_stream=new_stream,
            when=_now(),
        )
        if not state.works:
            say(f"{before or 'the checkpoint'} does not work now: {state.in_words}", bad=True)
        return self._try(switch)

    def finish(self) -> bool:
        """Settle a switch that was interrupted, if there is one; the result is as of switch."""
        try:
            switch = record.read(self._places.switching)
        except (ValueError, OSError) as error:
            say(f"{error}; {versions.current(self._places)} stays the current version", bad=True)
            durable.remove(self._places.switching)
            return True
        if switch is None:
            return True
        say(f"the switch from {switch.before or 'nothing'} to {switch.to} was interrupted")
        if switch.step == "back":
            return self._go_back(switch, switch.why)
        return self._try(switch, resumed=True)

    def _require(self, to: str) -> None:
        if not versions.is_name(to) or not versions.is_whole(self._places, to):
            there = ", ".join(versions.installed(self._places)) or "none"
            raise CannotSwitch(f"{to} is not in {self._places.versions} (there: {there})")
        free = shutil.disk_usage(self._places.opt).free
        if free < NEEDS_FREE:
            raise CannotSwitch(
                f"{self._places.opt} has {free // 2**20} MiB free, a switch needs "
                f"{NEEDS_FREE // 2**20}: make room"
            )

    def _set_link(self, before: str, to: str, *, new_stream: bool) -> bool:
        """Set the links only, because the checkpoint does not run."""
        if self._service.is_there and versions.is_older(to, before):
            try:
                self._put_back_database(to, new_stream=new_stream)
            except database.Refused as refusal:
                raise CannotSwitch(f"{to} cannot use the database: {refusal}") from refusal
        self._set_links(before, to)
        self._remove_others()
        if before != to:
            since = f" instead of {before}" if before else ""
            say(f"{to} is the current version{since}")
        if self._service.is_there and before:
            say("the checkpoint is stopped and stays so: systemctl start gardu")
        return True

    def _set_links(self, before: str, to: str) -> None:
        if before and before != to:
            versions.set_previous(self._places, before)
        versions.set_current(self._places, to)

    def _try(self, switch: Switch, *, resumed: bool = False) -> bool:
        """Try the new version; if it fails, go back."""
        before, to = switch.before, switch.to
        if switch.trials >= MOST_TRIALS and self._has_way_back(switch):
            return self._go_back(switch, f"{switch.trials} trials were interrupted")
        switch = self._write(switch, trials=switch.trials + 1)
        if resumed and versions.current(self._places) == to and self._service.state().works:
            why = self._verdict()  # the boot has started it
        else:
            say(f"restarting {to}" if before == to else f"switching from {before} to {to}")
            self._service.stop()
            if versions.is_older(to, before):
                try:
                    self._put_back_database(to, new_stream=switch.new_stream)
                except database.Refused as refusal:
                    self._go_back(switch, f"it cannot use the database: {refusal}")
                    return False
            self._set_links(before, to)
            why = self._start()
        if not why:
            return self._settle(switch, f"{to} works")
        if self._has_way_back(switch):
            return self._go_back(switch, why)
        other = f"{before} did not work before either" if before != to else "it stays"
        self._settle(switch, f"{to} does not work: {why}. {other}; {_JOURNAL}", why)
        return before != to

    def _has_way_back(self, switch: Switch) -> bool:
        return (
            switch.worked
            and switch.before != switch.to
            and versions.is_whole(self._places, switch.before)
        )

    def _go_back(self, switch: Switch, why: str) -> bool:
        """Have the version before back; return True if it works."""
        before, to = switch.before, switch.to
        switch = self._write(switch, step="back", why=why)
        say(f"{to} does not work: {why}", bad=True)
        say(f"going back to {before}", bad=True)
        self._service.stop()
        if versions.is_older(before, to):
            try:
                self._put_back_database(before, new_stream=True)
            except database.Refused as refusal:
                return self._stay(switch, str(refusal))
        versions.set_current(self._places, before)
        versions.set_previous(self._places, switch.kept)
        also = self._start()
        if not also:
            self._settle(switch, f"{before} is back and works; {to} is not used. {_JOURNAL}", why)
            return True
        self._settle(
            switch,
            f"{before} does not work any more either: {also}. So the cause is probably not {to}, "
            f"but the config, the equipment or the disk; {_JOURNAL}",
            f"{why}; {before}: {also}",
        )
        return False

    def _stay(self, switch: Switch, refusal: str) -> bool:
        """Stay with the new version, because the one before cannot use the database."""
        versions.set_current(self._places, switch.to)
        self._service.begin_start()
        self._settle(
            switch,
            f"{switch.before} cannot use the database: {refusal}. {switch.to} stays; {_JOURNAL}",
            f"{switch.why}; {refusal}",
        )
        return False

    def _start(self) -> str:
        """Start the current version; return why it failed, empty if it did not."""
        self._service.begin_start()
        return self._verdict()

    def _verdict(self) -> str:
        return self._trial(self._service.state, say, self._pace).failure()

    def _put_back_database(self, version: str, *, new_stream: bool) -> None:
        if done := database.put_back(self._places, version, new_stream=new_stream):
            say(done)

    def _write(self, switch: Switch, **changes: object) -> Switch:
        changed: Switch = dataclasses.replace(switch, **changes)  # type: ignore[arg-type]
        record.write(self._places.switching, changed)
        return changed

    def _settle(self, switch: Switch, text: str, why: str = "") -> bool:
        """Record the end of *switch*, and say it; return True if it had no failure."""
        ended = dataclasses.replace(switch, why=why, when=_now())
        record.write(self._places.last, ended)
        durable.remove(self._places.switching)
        if not why:
            self._remove_others()
        say(text, bad=bool(why))
        return not why

    def _remove_others(self) -> None:
        for version in versions.remove_others(self._places):
            say(f"{version} was removed")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
