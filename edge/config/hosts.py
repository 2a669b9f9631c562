"""The hosts of a config: those of ``[[hosts]]``, and one for each procedure without one of them.

So an office without ``[[hosts]]`` has one host a procedure, with the procedure's id.
"""

from edge.config.model import Config
from edge.config.sections.hosts import Host


def hosts(config: Config) -> list[Host]:
    """Return the hosts of *config*, each with the aiphone of its aide, in the order of the file."""
    named = [
        Host(
            id=host.id,
            title=host.title,
            procedures=host.procedures,
            aiphone=host.aiphone or aiphone_serving(config, host.procedures),
            station=host.station,
            lamp=host.lamp,
        )
        for host in config.hosts
    ]
    served = {procedure for host in named for procedure in host.procedures}
    implied = [
        Host(
            id=procedure,
            title=procedure,
            procedures=[procedure],
            aiphone=aiphone_serving(config, [procedure]),
        )
        for procedure in config.checkpoint.procedures
        if procedure not in served
    ]
    return [*named, *implied]


def hosts_of(config: Config, procedure: str) -> list[Host]:
    """Return the hosts of *procedure*."""
    return [host for host in hosts(config) if procedure in host.procedures]


def aiphone_serving(config: Config, procedures: list[str]) -> str | None:
    """Return the aiphone that serves one of *procedures* by its own list; None if none does."""
    found = (
        name
        for name, item in config.aiphone.items()
        if not set(procedures).isdisjoint(item.procedures)
    )
    return next(found, None)
