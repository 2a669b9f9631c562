"""The reasons that a panel's buttons reason-1 to reason-4 choose at a checkpoint. Pure.

A button of that kind means the reason of the procedures whose guests are turned away at a station
of the panel. Where no guest is, it means a supervisor's reason for opening a locker.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from edge.config.hosts import hosts_of
from edge.config.model import Config
from edge.config.reason_names import OPENING_NAMES, REASON_NAMES
from edge.config.sections.panels import Panel
from edge.config.sections.values import Action
from edge.paper.panel.labels import REASON, REASON_BUTTONS, PanelText
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.vocabulary import AIDE
from edge.sop.reasons import choices

Reasons = Mapping[Action, PanelText]
NO_REASONS: Reasons = MappingProxyType({})

MOST = 2
"""The most reasons that are named at one button; one that has more keeps its number."""


def button_reasons(config: Config, panel: Panel, procedures: Iterable[Procedure]) -> Reasons:
    """Return the words of the reason buttons of *panel*, as far as they have a meaning.

    :param procedures: those of the config; without any, no meaning is known
    """
    known = list(procedures)
    offered = list(_offered(config, panel, known))
    names = REASON_NAMES
    if known and not any(offered) and config.cards.supervisor:
        offered, names = [tuple(config.cards.opening_reasons)], OPENING_NAMES
    found: dict[Action, PanelText] = {}
    for place, action in enumerate(REASON_BUTTONS):
        codes = list(dict.fromkeys(one[place] for one in offered if place < len(one)))
        if 0 < len(codes) <= MOST:
            found[action] = _words([_name(code, names) for code in codes])
    return found


def _offered(
    config: Config, panel: Panel, procedures: Iterable[Procedure]
) -> Iterator[tuple[str, ...]]:
    """Yield the reasons that each phase at a station of *panel* offers, in their order."""
    for procedure in procedures:
        for step in procedure.steps:
            if not _stations(config, procedure, step).isdisjoint(panel.stations):
                yield from (choices(procedure, phase) for phase in step.phases)


def _stations(config: Config, procedure: Procedure, step: Step) -> set[str]:
    """Return the stations of *step*: a host may have one in place of the aide's."""
    if step.station != AIDE:
        return {step.station}
    return {host.station or AIDE for host in hosts_of(config, procedure.id)}


def _name(code: str, names: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Return the short name of a reason; one of the office's own is its code."""
    plain = code.replace("-", " ")
    return names.get(code, (plain, plain))


def _words(names: list[tuple[str, str]]) -> PanelText:
    indonesian = " / ".join(one for one, _ in names)
    english = " / ".join(one for _, one in names)
    begin = f"{REASON.en}: " if len(names) == 1 else ""
    return PanelText(indonesian[:1].upper() + indonesian[1:], begin + english)
