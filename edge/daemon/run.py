"""`gardu run`, the daemon: connects all parts and runs them until a stop signal comes."""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from edge import waits
from edge.clock import Clock
from edge.config.hosts import hosts
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.office_time import office_time
from edge.daemon import crash_loop, last_good_procedures, restart_pause
from edge.daemon.bridge import Bridge
from edge.daemon.build import build_devices
from edge.daemon.checkpoint import Checkpoint
from edge.daemon.config_watch import CONFIG_REFUSED, ConfigWatch
from edge.daemon.control import (
    AskDay,
    AskDevices,
    AskHealth,
    AskLink,
    AskPurge,
    AskReload,
    ControlAnswers,
    DeviceStates,
    HealthNow,
    LinkState,
    Purged,
    resender,
    sender_again,
    serve_control,
)
from edge.daemon.database_watch import watch_database
from edge.daemon.desk_socket import serve_desk
from edge.daemon.desk_view import Desk
from edge.daemon.devices import Devices
from edge.daemon.health import meta
from edge.daemon.heartbeat import (
    present_health,
    report_health,
    report_to_systemd,
    watch_over,
)
from edge.daemon.log_writer import LogWriter, open_standard_files
from edge.daemon.loop_errors import LoopErrors
from edge.daemon.machine.clock_file import ClockFile
from edge.daemon.machine.watch import MachineWatch
from edge.daemon.migration_status import MigrationStatus
from edge.daemon.procedures import wording_of
from edge.daemon.reload import PROCEDURES_REFUSED, Reload, refused
from edge.daemon.request_keys import RequestKeys
from edge.daemon.rest_levels import prepare_outputs
from edge.daemon.rules import make_rules
from edge.daemon.sealing import forget_ended, run_sealing, sealing_of
from edge.daemon.start_wait import when_available
from edge.daemon.stop_signal import Stop, StopSignal
from edge.daemon.systemd import notify
from edge.daemon.timers import Timers
from edge.errors import GarduError
from edge.guestbook.book import GuestBook
from edge.guestbook.purge import Purger
from edge.log_lines import LineFormatter
from edge.mqtt.messages import topic
from edge.mqtt.open_visits import open_visits
from edge.mqtt.request_handler import RequestHandler
from edge.mqtt.signed_requests import SignedRequests
from edge.mqtt.uplink import Uplink
from edge.report.publisher import publisher
from edge.sop.effects import Beep
from edge.sop.events import Post, RunEnded, SystemAlarmCleared, SystemAlarmRaised
from edge.store import data_folder, restored
from edge.store.patient_worker import UNAVAILABLE, PatientWorker
from edge.store.retention import run_retention
from edge.store.still_files import StillFiles
from edge.store.store import FILE, Store
from edge.worker import Worker
from edge.worker import notify as wake

log = logging.getLogger(__name__)

CRASH_LOOP = "crash-loop"
DATABASE_DAMAGED = "database-damaged"
DATABASE_REPLACED = "database-replaced"

# A stop waits at most so long for events to be recorded, real seconds; uplink and devices need the
# rest of systemd's 5 s.
SETTLE_S = 1.0


async def run(config: Config, stop: StopSignal, file: Path | None = None) -> None:
    """Run the checkpoint until *stop* is requested; while the database is unavailable, wait.

    :param file: where *config* was read, to be watched
    :raises ConfigError: if a procedure file is bad, and no good procedures are stored
    :raises StoreError: if the data folder is missing, or the database cannot be used
    """
    clock = Clock.from_environment()
    clock.set_limits(trusted_error_s=config.clock.trusted_error_s, drift_ppm=config.clock.drift_ppm)
    folder = Path(config.checkpoint.data)
    source = f"/gardu/{config.checkpoint.site}/{config.checkpoint.id}"
    data_folder.require(folder)
    first: last_good_procedures.Adopted | None = None
    if not (
        (folder / FILE).exists() or restored.pending(folder)
    ):  # no last good ones: check before a database is made
        first = last_good_procedures.read(config)
    clock_file = ClockFile(folder, clock, config.clock.rtc_drift_ppm)
    clock_file.restore()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(LoopErrors(loop))
    with contextlib.suppress(Stop):
        status = MigrationStatus(clock, stop)
        store = await when_available(partial(Store, folder, source, clock, notify=status), stop)
        try:
            _log_restore(store)
            now = await when_available(partial(_adopt_procedures, config, store, first), stop)
            this_run = crash_loop.begin(folder, clock.now())
            prepare_outputs(config)
            await _run(config, file, clock, clock_file, store, now, this_run, stop)
            crash_loop.end(folder, this_run)
            clock_file.save()
        finally:
            store.close()


def _log_restore(store: Store) -> None:
    """Log that the history of *store* goes back to another database, if it does."""
    if found := store.restored:
        log.warning(
            "this database was restored from a backup of %s: the stream is now %s; the records up "
            "to %d are of the stream %s or older ones",
            found["made"], store.stream, found["sequence"], found["stream"],
        )  # fmt: skip


def _adopt_procedures(
    config: Config, store: Store, first: last_good_procedures.Adopted | None
) -> last_good_procedures.Adopted:
    now = first or last_good_procedures.load_or_last_good(config, store)
    last_good_procedures.adopt(store, now)
    return now


async def _run(
    config: Config,
    file: Path | None,
    clock: Clock,
    clock_file: ClockFile,
    store: Store,
    now: last_good_procedures.Adopted,
    this_run: crash_loop.Run,
    stop: StopSignal,
) -> None:
    loop, folder = asyncio.get_running_loop(), Path(config.checkpoint.data)
    worker = PatientWorker("store", store)
    bridge = Bridge(loop, clock, worker)
    sealing = sealing_of(config)
    book, book_worker = GuestBook(folder, sealing), Worker("guest-book")
    stills = StillFiles(folder, store.room_for_still, sealing and sealing.office)
    requests = RequestHandler(
        config.guestbook,
        (*config.checkpoint.procedures, *config.aiphone, *(one.id for one in hosts(config))),
        wording_of(now.config).reasons,
        clock=clock,
        post=bridge.post,
        book=book,
        worker=book_worker,
        open_visits=lambda: open_visits(checkpoint.rules, checkpoint.state),
        send_again=sender_again(store, worker, lambda: uplink),
    )
    devices = build_devices(config, clock, bridge.post, stills, expect=requests.expect)
    devices.add_guestbook(requests.arrived, requests.chosen)
    devices.restore_faults(stored_faults(store))
    signed = SignedRequests(config.requests, topic(config, ""), requests, clock=clock)
    uplink = Uplink(config, store, worker, clock, bridge.post, folder, handler=signed)
    purger = Purger(config, book, book_worker, store, worker, clock, uplink.wake)
    checkpoint = Checkpoint(
        make_rules(config, now.procedures, store),
        bridge=bridge,
        store=store,
        worker=worker,
        timers=Timers(loop, clock, bridge.post),
        outputs=devices,
        live=uplink,
        stills=stills,
        on_visits_ended=(forget := partial(forget_ended, book, book_worker)),
    )
    worker.report(
        partial(devices.carry_out, Beep("alarm")),
        bridge.post,
        lambda kind, detail: checkpoint.show_unrecorded(clock.now(), kind, detail),
    )

    reload = Reload(
        config,
        now,
        store=store,
        worker=worker,
        post=bridge.post,
        consumer=checkpoint,
        live=uplink,
        keys=RequestKeys(file, signed),
    )

    machine, config_watch = (
        MachineWatch(config, clock, clock_file, store.commit_times, bridge.post),
        ConfigWatch(file, bridge.post),
    )
    states = partial(_states, devices, checkpoint)
    present = partial(
        present_health,
        config, clock, checkpoint, states, bridge, uplink, reload, machine, config_watch,
    )  # fmt: skip

    # The run before may have ended while it showed this alarm, which is recorded later only.
    uplink.show(f"state/alarm/{UNAVAILABLE}", None)
    uplink.show("meta", meta(now.config, list(now.procedures.values())))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_wait_for_stop(stop, bridge))
            group.create_task(devices.run())
            group.create_task(_reload_on_sighup(loop, reload))
            group.create_task(
                report_to_systemd(checkpoint, states, uplink, reload, config_watch, worker)
            )
            await checkpoint.start(clock.now())
            await _report_last_run(checkpoint, store, this_run, now.refused)
            group.create_task(checkpoint.run())
            group.create_task(uplink.run())
            requests.report_fault()
            group.create_task(
                serve_control(
                    folder,
                    resender(store, worker, uplink),
                    _answers(
                        checkpoint, reload, purger, states, uplink,
                        partial(_health_now, present, store, worker),
                    ),
                )
            )  # fmt: skip
            group.create_task(purger.run())
            group.create_task(run_retention(store, worker, clock, folder, config.retention))
            group.create_task(report_health(config, clock, uplink, present))
            zone = config.checkpoint.timezone
            for watch in (
                publisher(store, worker, clock, folder=folder, zone=zone, wake=uplink.wake).run(),
                watch_over(checkpoint, bridge, worker),
                watch_database(store, worker, bridge.post),
                machine.run(),
                config_watch.run(),
                _serve_desk(config, checkpoint, requests, book, book_worker, bridge, clock),
                _end_crash_loop(clock, bridge.post),
                run_sealing(
                    sealing,
                    store,
                    worker,
                    clock,
                    folder,
                    # Opens the guest book, and so seals what it has from before.
                    partial(forget, checkpoint.state.visits),
                ),
            ):
                group.create_task(watch)
            _report_ready(checkpoint)
    except* Stop:
        pass
    except* GarduError as failures:
        raise _first(failures) from None
    finally:
        notify("STOPPING=1")
        await devices.close()
        worker.stop()
        book_worker.submit(book.close)


async def _serve_desk(
    config: Config,
    checkpoint: Checkpoint,
    requests: RequestHandler,
    book: GuestBook,
    worker: Worker,
    bridge: Bridge,
    clock: Clock,
) -> None:
    """Answer the desk's pages until cancelled, if the config has any."""
    if config.desk is None:
        return
    desk = Desk(config, checkpoint, requests, book=book, worker=worker, clock=clock, bridge=bridge)
    await serve_desk(Path(config.desk.socket_folder), desk, clock)


def link_state(uplink: Uplink) -> LinkState:
    """Return the state of the connection to the broker."""
    down = uplink.outage.why
    if down is None:
        return LinkState(uplink.connected)
    return LinkState(connected=False, why=down.sentence, remedy=down.remedy)


def _answers(
    checkpoint: Checkpoint,
    reload: Reload,
    purger: Purger,
    states: Callable[[], dict[str, str]],
    uplink: Uplink,
    health_now: Callable[[AskHealth], Awaitable[HealthNow]],
) -> ControlAnswers:
    """Return the functions that answer requests over the control socket."""

    async def purge(request: AskPurge) -> Purged:
        return Purged(await purger.purge(request.before_ms))

    return {
        AskDevices: lambda _: DeviceStates(states(), dict(checkpoint.state.remedies)),
        AskLink: lambda _: link_state(uplink),
        AskDay: lambda _: checkpoint.day_now(),
        AskReload: lambda _: reload(),
        AskPurge: purge,
        AskHealth: health_now,
    }


def _states(devices: Devices, checkpoint: Checkpoint) -> dict[str, str]:
    return devices.states(checkpoint.state.faults)


async def _health_now(
    present: Callable[[], dict[str, Any]], store: Store, worker: Worker, _request: AskHealth
) -> HealthNow:
    return HealthNow(present(), await worker.do(store.ledger))


def stored_faults(store: Store) -> dict[str, str]:
    """Return the devices that did not work when the last run ended, and why."""
    checkpoint, _ = store.load()
    faults: dict[str, str] = (checkpoint or {}).get("faults", {})
    return faults


def _first(failures: BaseExceptionGroup[GarduError]) -> GarduError:
    """Return the first failure of a group, to be reported: the others follow from it."""
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _wait_for_stop(stop: StopSignal, bridge: Bridge) -> None:
    """Wait for the signal, then until the events before it are recorded (at most SETTLE_S).

    :raises Stop: always
    """
    await stop.wait()
    try:
        async with asyncio.timeout(SETTLE_S):
            await bridge.settled()
        log.info("stopping: everything that happened is recorded")
    except TimeoutError:
        log.warning("stopping, although %d events wait for the disk", bridge.waiting)
    raise Stop


async def _reload_on_sighup(loop: asyncio.AbstractEventLoop, reload: Reload) -> None:
    """Read the procedures again at every SIGHUP; several during one reload count once."""
    told = asyncio.Event()
    # asyncio's own handler ends with the loop: a SIGHUP during the stop would kill the process.
    signal.signal(signal.SIGHUP, lambda *_: wake(loop, told.set))
    while True:
        await told.wait()
        told.clear()
        await reload.on_signal()


def _report_ready(checkpoint: Checkpoint) -> None:
    visits = len(checkpoint.state.visits)
    log.info("ready; %d open visits go on where they stood", visits)
    notify(f"READY=1\nSTATUS=ready, {visits} open visits")


async def _report_last_run(
    checkpoint: Checkpoint, store: Store, this_run: crash_loop.Run, problems: Sequence[str]
) -> None:
    """Record how the last run ended, if not on purpose, and problems of files and database.

    :param problems: of the procedure files; if any, the last good procedures are in use
    """
    at = this_run.began
    if this_run.previous is not None:
        crashes = len(this_run.crashes)
        log.warning("the last run did not end on purpose: %s", this_run.previous)
        await checkpoint.decide(RunEnded(at, this_run.previous, crashes))
        if this_run.looping:
            detail = f"{crashes} crashes within {crash_loop.WITHIN_S:g} s"
            await checkpoint.decide(SystemAlarmRaised(at, CRASH_LOOP, detail))
    if problems:
        await checkpoint.decide(refused(problems)(at))
    else:
        await checkpoint.decide(SystemAlarmCleared(at, PROCEDURES_REFUSED))
    await checkpoint.decide(SystemAlarmCleared(at, UNAVAILABLE))
    await checkpoint.decide(SystemAlarmCleared(at, CONFIG_REFUSED))
    for kind, aside in (
        (DATABASE_DAMAGED, store.quarantined),
        (DATABASE_REPLACED, store.replaced),
    ):
        if aside is None:
            await checkpoint.decide(SystemAlarmCleared(at, kind))
        else:
            detail = f"{aside.name} was set aside; take it out of the data folder"
            await checkpoint.decide(SystemAlarmRaised(at, kind, detail))


async def _end_crash_loop(clock: Clock, post: Post) -> None:
    """Clear the alarm, of this or an earlier run, once this run has lasted WITHIN_S."""
    await clock.pause(crash_loop.WITHIN_S)
    post(partial(SystemAlarmCleared, kind=CRASH_LOOP))


def set_up_logging(*, verbose: bool) -> None:
    """Log to stderr; for journald without the time, because journald adds its own."""
    open_standard_files()
    journal = "JOURNAL_STREAM" in os.environ
    form = "%(levelname)s %(name)s: %(message)s"
    writer = LogWriter()
    writer.setFormatter(LineFormatter(form if journal else f"%(asctime)s {form}"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[writer])


def _log_in(zone: tzinfo) -> None:
    """Date the lines of the log in *zone*, where Gardu dates them itself."""
    for handler in logging.getLogger().handlers:
        if handler.formatter is not None:
            handler.formatter.converter = lambda moment: office_time(
                int((moment or 0) * 1000), zone
            ).timetuple()


def run_daemon(config: Config, file: Path | None = None) -> None:
    """Run the daemon to its end.

    :param file: where *config* was read, to be watched
    """
    # The watchdog ends a hung daemon with SIGABRT: the journal then shows where each thread was.
    faulthandler.enable()
    stop = StopSignal()
    try:
        waits.run(run(config, stop, file))
    except GarduError:
        raise
    except Exception:
        # Through the log: a reader that has stopped would hold a traceback, and the process, up.
        log.critical("the daemon ends: an error of its own", exc_info=True)
        raise SystemExit(1) from None
    finally:
        logging.shutdown()  # waits for the log's reader, but not long
        stop.ignore()


def daemon(config: Path, *, verbose: bool) -> None:
    """Set up logging, load the config file and run the daemon to its end.

    :raises GarduError: if it cannot go on
    """
    set_up_logging(verbose=verbose)
    restart_pause.before_start(Clock.from_environment())
    loaded = load_config(config)
    _log_in(loaded.checkpoint.zone)
    run_daemon(loaded, config)
    restart_pause.clean_stop()
