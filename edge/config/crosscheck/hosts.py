"""Checks of the hosts, and of the buttons that name one, across config sections."""

from edge.config.hosts import hosts, hosts_of
from edge.config.model import Config
from edge.config.sections.hosts import Host
from edge.config.sections.panels import Button
from edge.config.spelling import did_you_mean
from edge.config.validation import Problems, note_twice

NAMES_A_HOST = frozenset({"arrive", "receiving", "away"})
"""The meanings of buttons that can name a host."""


def check_hosts(config: Config, problems: Problems) -> None:
    """Add the problems of ``[[hosts]]`` and of the buttons' ``host``."""
    note_twice(
        problems,
        [(host.id, f"hosts[{number}].id") for number, host in enumerate(config.hosts)],
        "host",
        "each host once",
    )
    for number, host in enumerate(config.hosts):
        _host(config, problems, host, f"hosts[{number}]")
    named = {host.aiphone for host in config.hosts}
    for name, aiphone in config.aiphone.items():
        if not aiphone.procedures and name not in named and aiphone.title is None:
            problems.add(
                f"aiphone.{name}.procedures",
                "is empty, and no host names this aiphone; allowed: procedures that it serves, "
                f'aiphone = "{name}" in a [[hosts]], or a title, if a step of a procedure calls '
                "another person than the aide here",
            )
    for name, panel in config.panels.items():
        for number, button in enumerate(panel.buttons):
            _button(config, problems, button, f"panels.{name}.buttons[{number}]")


def _host(config: Config, problems: Problems, host: Host, where: str) -> None:
    note_twice(
        problems,
        [(one, f"{where}.procedures[{number}]") for number, one in enumerate(host.procedures)],
        "procedure",
        "each procedure once",
    )
    for number, procedure in enumerate(host.procedures):
        _known(
            problems, f"{where}.procedures[{number}]", procedure, config.checkpoint.procedures,
            " (checkpoint.procedures)",
        )  # fmt: skip
    _own_name(config, problems, host, where)
    if host.aiphone is not None:
        _known(
            problems, f"{where}.aiphone", host.aiphone, list(config.aiphone), " ([aiphone.NAME])"
        )
        return
    serving = [
        name
        for name, item in config.aiphone.items()
        if not set(item.procedures).isdisjoint(host.procedures)
    ]
    if len(serving) > 1:
        names = " and ".join(serving)
        problems.add(
            f"{where}.aiphone",
            f"is missing, and its procedures have the aiphones {names}; allowed: one of them",
        )


def _own_name(config: Config, problems: Problems, host: Host, where: str) -> None:
    """Report an id that means other hosts too, in a message about availability."""
    visited = [one.id for one in hosts(config) if host.id in one.procedures]
    if visited not in ([], [host.id]):
        problems.add(
            f"{where}.id",
            f"is {host.id!r}, a procedure with the hosts {', '.join(visited)}; allowed: another id",
        )
    answered = [one.id for one in hosts(config) if one.aiphone == host.id]
    if answered not in ([], [host.id]):
        problems.add(
            f"{where}.id",
            f"is {host.id!r}, an aiphone that serves {', '.join(answered)}; allowed: another id",
        )


def _known(problems: Problems, where: str, name: str, known: list[str], place: str) -> None:
    if name not in known:
        allowed = ", ".join(known) or "none, as there is none"
        meant = did_you_mean(name, known)
        problems.add(where, f"is {name!r}{meant}; allowed: {allowed}{place}")


def _button(config: Config, problems: Problems, button: Button, where: str) -> None:
    meanings = {button.press, button.hold}
    known = [host.id for host in hosts(config)]
    if "host" in meanings and not _choices(config):
        problems.add(
            where, "means 'host', and no procedure has several hosts; allowed: another meaning"
        )
    if button.host is None:
        for meaning in ("receiving", "away"):
            if meaning in meanings:
                allowed = ", ".join(known)
                problems.add(f"{where}.host", f"is missing for {meaning}; allowed: {allowed}")
        return
    if not meanings & NAMES_A_HOST:
        allowed = "only with arrive, receiving or away"
        problems.add(f"{where}.host", f"is of no use here; allowed: {allowed}")
        return
    _known(problems, f"{where}.host", button.host, known, "")
    if "arrive" in meanings and button.procedure in config.checkpoint.procedures:
        serving = [host.id for host in hosts_of(config, button.procedure)]
        if button.host in known and button.host not in serving:
            problems.add(
                f"{where}.host",
                f"is {button.host!r}, whose guests do not come by {button.procedure}; allowed: "
                f"{', '.join(serving)}",
            )


def _choices(config: Config) -> list[str]:
    """Return the procedures that have several hosts."""
    return [name for name in config.checkpoint.procedures if len(hosts_of(config, name)) > 1]
