"""The report of a day: one JSON object for programs, tables for people."""

from dataclasses import asdict
from typing import Any, Protocol

from rich.console import Group
from rich.table import Table
from rich.text import Text

from edge.terminal import Terminal
from sim.days.account import End, outcomes, outcomes_by_host, persons, problems, step_times, totals
from sim.days.branches import Branch, count
from sim.days.stage import DaySettings
from sim.stage.summary import OUTCOME_STYLES, clock_time


class PlayedDay(Protocol):
    """A day that has been played."""

    settings: DaySettings

    def ends(self) -> list[End]:
        """Return the end of each checkpoint's day."""


def report(day: PlayedDay, expected: dict[str, Branch], real_s: float) -> dict[str, Any]:
    """Return the day's report; *expected* are the branches that must have been seen."""
    ends = day.ends()
    received = [end.received for end in ends]
    seen = {name: count(branch, received) for name, branch in expected.items()}
    wrong = [line for end in ends for line in problems(end)]
    wrong += [f"branch {name}: was not seen" for name, times in seen.items() if not times]
    return {
        "ok": not wrong,
        "problems": wrong,
        "day": day.settings.path.stem,
        "guests": day.settings.guests,
        "persons": persons(received),
        "seed": day.settings.seed,
        "speed": day.settings.speed,
        "seconds": round(real_s, 1),
        "checkpoints": {end.name: totals(end) for end in ends},
        "verdict": {
            end.name: {
                "guests": [one.as_json() for one in end.verdict],
                "alarms": [one.as_json() for one in end.incidents],
            }
            for end in ends
        },
        "outcomes": {name: dict(ends) for name, ends in sorted(outcomes(received).items())},
        "hosts": {
            name: {host: dict(ends) for host, ends in sorted(hosts.items())}
            for name, hosts in sorted(outcomes_by_host(received).items())
        },
        "steps": [asdict(times) for times in step_times(received)],
        "branches": seen,
    }


def print_report(told: dict[str, Any], expected: dict[str, Branch], console: Terminal) -> None:
    """Print the report as tables, with its problems and the verdict, for people."""
    tables = (_sums(told), _outcomes(told), _steps(told), _branches(told, expected))
    console.print(Group(*(part for table in tables for part in (table, ""))))
    for line in told["problems"]:
        console.print(Text(line, "bold red"))
    verdict = "the day adds up" if told["ok"] else "the day does not add up"
    console.print(
        Text(verdict, "bold green" if told["ok"] else "bold red"),
        f"({told['guests']} guests, {told['persons']} persons; seed {told['seed']}, "
        f"{told['seconds']:.0f} s of real time)",
    )


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table


def _sums(told: dict[str, Any]) -> Table:
    """Show each sum beside the one that it must equal."""
    places = told["checkpoints"]
    table = _table("The day", "", *places)
    for what, first, second in (
        ("guests came / visits closed", ("guests", "came"), ("visits", "closed")),
        ("cards out / back", ("cards", "out"), ("cards", "back")),
        ("lockers used / emptied", ("lockers", "used"), ("lockers", "emptied")),
        ("alarms raised / cleared", ("alarms", "raised"), ("alarms", "cleared")),
        ("records written / delivered", ("records", "written"), ("records", "delivered")),
    ):
        pairs = [(one[first[0]][first[1]], one[second[0]][second[1]]) for one in places.values()]
        table.add_row(what, *(_pair(*pair) for pair in pairs))
    for what, part, key in (
        ("most visits open at once", "visits", "most"),
        ("met the host unscreened", "visits", "unscreened"),
        ("gaps", "records", "gaps"),
        ("cards owed", "cards", "owed"),
        ("lockers owed", "lockers", "owed"),
        ("equipment faults", "faults", "reported"),
    ):
        table.add_row(what, *(str(one[part][key]) for one in places.values()))
    table.add_row("daemon restarts", *(str(one["restarts"]) for one in places.values()))
    return table


def _new(table: Table, group: str, last: str) -> str:
    """Return *group* where it begins, in a new section; else an empty text."""
    if group == last:
        return ""
    table.add_section()
    return group


def _pair(first: int, second: int) -> Text:
    return Text(f"{first} / {second}", "" if first == second else "bold red")


def _outcomes(told: dict[str, Any]) -> Table:
    """Show the outcomes of each procedure; below it those of its hosts, if it has several."""
    table = _table("Outcomes", "procedure", *OUTCOME_STYLES)
    for procedure, ends in told["outcomes"].items():
        table.add_row(procedure, *_by_outcome(ends))
        for host, its in told["hosts"].get(procedure, {}).items():
            table.add_row(f"  {host or 'no host chosen'}", *_by_outcome(its))
    return table


def _by_outcome(ends: dict[str, int]) -> list[str]:
    return [str(ends.get(outcome, 0) or "") for outcome in OUTCOME_STYLES]


def _steps(told: dict[str, Any]) -> Table:
    table = _table("Steps", "procedure", "step", "times", "median", "standard", "within standard")
    table.columns[1].justify = "left"
    last = ""
    for step in told["steps"]:
        shown, last = _new(table, step["procedure"], last), step["procedure"]
        standard = step["standard_s"]
        over = standard is not None and step["median_s"] > standard
        table.add_row(
            shown,
            f"{step['number']} {step['step']}",
            str(step["count"]),
            Text(clock_time(step["median_s"]), "red" if over else ""),
            "-" if standard is None else clock_time(standard),
            "-" if step["within"] is None else f"{step['within']:.0%}",
        )
    return table


def _branches(told: dict[str, Any], expected: dict[str, Branch]) -> Table:
    table = _table("Branches, as the central office saw them", "about", "branch", "what", "seen")
    for column in table.columns[1:3]:
        column.justify = "left"
    last = ""
    for name, times in told["branches"].items():
        branch = expected[name]
        part, last = _new(table, branch.part, last), branch.part
        seen = Text(str(times), "" if times else "bold red")
        table.add_row(part, name, branch.title.en, seen)
    return table
