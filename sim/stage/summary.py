"""The end of a simulation: one JSON object for programs, tables for people."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge.terminal import Terminal
from sim.stage.alarms import AlarmFinding
from sim.stage.received import VisitSeen
from sim.stage.stage import Stage
from sim.stage.verdict import Finding

OUTCOME_STYLES = {
    "completed": "green",
    "declined": "yellow",
    "rescheduled": "cyan",
    "refused": "red",
    "abandoned": "magenta",
}


def succeeded(stage: Stage) -> bool:
    """Return True if each visit ended and is as intended, and the office has every record."""
    received = stage.received
    ended = sum(received.outcomes.values())
    return (
        not stage.trouble
        and ended >= stage.settings.guests
        and received.open_visits == 0
        and received.settled
        and received.gaps == 0
        and all(judged.ok for judged in _judgements(stage))
    )


def as_json(stage: Stage, seconds: float) -> dict[str, Any]:
    """Return the result of the run; *seconds* are real ones."""
    settings, received = stage.settings, stage.received
    return {
        "ok": succeeded(stage),
        "guests": settings.guests,
        "outcomes": received.outcomes,
        "records": {
            "written": received.written,
            "delivered": received.delivered,
            "gaps": received.gaps,
        },
        "verdict": [finding.as_json() for finding in stage.verdict],
        "alarms": [finding.as_json() for finding in stage.alarms],
        "streamid": received.streamid,
        "last_sequence": received.last,
        "seconds": round(seconds, 1),
        "restarts": stage.daemon.restarts,
        "overdue": received.overdue,
        "stills": received.stills,
        "stills_folder": str(stage.run.stills),
        "scenario": settings.scenario_name,
        "procedures": settings.procedures,
        "seed": settings.seed,
        "speed": settings.speed,
        "trouble": stage.trouble or None,
    }


def print_summary(stage: Stage, seconds: float, console: Terminal) -> None:
    """Print each visit's steps, the verdict on each guest and alarm, and the totals."""
    guests, alarms = stage.verdict, stage.alarms
    parts: list[RenderableType] = [_visits(stage), _verdict(guests)]
    if alarms:
        parts.append(_alarms(alarms))
    console.print(Group(*parts, _totals(stage, seconds)))
    for judged in _judgements(stage):
        if not judged.ok:
            console.print(Text(judged.words, "bold red"))


def _judgements(stage: Stage) -> list[Finding | AlarmFinding]:
    return [*stage.verdict, *stage.alarms]


def _verdict(findings: list[Finding]) -> Table:
    table = _table("Verdict")
    table.add_column("guest", justify="right", no_wrap=True)
    table.add_column("visit", justify="right", no_wrap=True)
    table.add_column("procedure", no_wrap=True)
    table.add_column("intention", no_wrap=True)
    table.add_column("first difference, and notes", overflow="fold")
    for finding in findings:
        about = _judged(finding.difference, "as intended")
        for note in finding.notes:
            about.append(f"\n{note}", "dim")
        visit = str(finding.visit or "-")
        table.add_row(str(finding.guest), visit, finding.procedure, finding.branch, about)
    return table


def _alarms(findings: list[AlarmFinding]) -> Table:
    table = _table("Alarms")
    table.add_column("alarm", no_wrap=True)
    for heading in ("caused", "raised", "cleared"):
        table.add_column(heading, justify="right")
    table.add_column("first difference", overflow="fold")
    for finding in findings:
        caused = "possible" if finding.caused is None else str(finding.caused)
        about = _judged(finding.difference, "as caused")
        table.add_row(finding.alarm, caused, str(finding.raised), str(finding.cleared), about)
    return table


def _judged(difference: str, agreed: str) -> Text:
    return Text(difference, "bold red") if difference else Text(agreed, "green")


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", pad_edge=False)


def _visits(stage: Stage) -> Table:
    table = _table("Visits")
    table.add_column("visit", justify="right", no_wrap=True)
    table.add_column("step", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("standard", justify="right", no_wrap=True)
    table.add_column("evidence", overflow="fold")
    for visit in stage.received.visits.values():
        _add_visit(table, visit)
    return table


def _add_visit(table: Table, visit: VisitSeen) -> None:
    who = str(visit.number) if visit.number else "earlier"
    outcome = visit.outcome or "still open"
    text = Text(outcome, OUTCOME_STYLES.get(outcome, "bold red"))
    if visit.reason:
        text.append(f" ({visit.reason})")
    table.add_row(who, Text(visit.procedure, "bold"), clock_time(visit.duration_s), "", text)
    for step in visit.steps:
        time = Text(clock_time(step["duration_s"]), "red" if step["over_s"] else "")
        standard = clock_time(step["standard_s"]) if step["standard_s"] else "-"
        table.add_row("", f"  {step['step']}", time, standard, _evidence(step))
    table.add_section()


def _evidence(step: dict[str, Any]) -> str:
    words = ", ".join(step["evidence"])
    return words if step["outcome"] == "completed" else f"{step['outcome']}: {words}"


def _totals(stage: Stage, seconds: float) -> Table:
    received = stage.received
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in received.outcomes.items())
    table.add_row("outcomes", outcomes or "none yet")
    table.add_row("verdict", _agreed(stage))
    table.add_row(
        "records",
        f"{received.written} written, {received.delivered} delivered, {received.gaps} gaps",
    )
    table.add_row("overdue steps", str(received.overdue))
    table.add_row("daemon restarts", str(stage.daemon.restarts))
    table.add_row("pictures", f"{received.stills} in {stage.run.stills}")
    table.add_row("seed", f"{stage.settings.seed} ({seconds:.0f} s of real time)")
    if stage.trouble:
        table.add_row("trouble", Text(stage.trouble, "bold red"))
    return table


def _agreed(stage: Stage) -> Text:
    guests = stage.verdict
    agree = sum(finding.ok for finding in guests)
    style = "green" if agree == len(guests) else "bold red"
    return Text(f"{agree} of {len(guests)} guests as intended", style)


def clock_time(seconds: float) -> str:
    """Return *seconds* as minutes and seconds, ``m:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
