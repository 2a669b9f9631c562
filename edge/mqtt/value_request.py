"""Finds the visit of a request ``cmd/values``, and checks the values in it. Pure."""

from collections.abc import Iterable, Mapping

from edge.config.spelling import did_you_mean
from edge.mqtt.open_visits import OpenVisit
from edge.mqtt.requests import EnterValues, RequestRefused
from edge.sop.entered import Entered
from edge.sop.procedures.values import Value, not_allowed


def visit_for(
    request: EnterValues, candidates: Iterable[OpenVisit], stations: Iterable[str]
) -> OpenVisit:
    """Return the visit that *request* is for.

    :param stations: ``latest`` is the newest visit at one of these stations whose procedure has the
        values, and which lacks one of them
    :raises RequestRefused: if there is none
    """
    open_ = [one for one in candidates if request.procedure in (None, one.procedure)]
    if request.visit != "latest":
        named = next((one for one in open_ if one.visit == request.visit), None)
        if named is None:
            raise RequestRefused("no such visit", "no open visit has that id")
        return named
    there = [one for one in open_ if one.station in set(stations)]
    if not there:
        raise RequestRefused("no visit waits", "no visit is at the desk")
    asked = set(request.values)
    lacking = [
        one
        for one in there
        if asked <= {value.id for value in one.values} and not asked <= one.entered
    ]
    if not lacking:
        known = {value.id for one in there for value in one.values}
        _known(asked, known)
        raise RequestRefused("no visit waits", "no visit at the desk waits for these values")
    return max(lacking, key=lambda one: one.number)


def checked(request: EnterValues, visit: OpenVisit) -> dict[str, Value]:
    """Return the values of *visit* that *request* enters, by their ids.

    :raises RequestRefused: if one is not declared in its procedure, or is not allowed
    """
    known = {value.id: value for value in visit.values}
    _known(request.values, known)
    for name, entered in request.values.items():
        why = not_allowed(known[name], entered)
        if why is not None:
            raise RequestRefused("value not allowed", f"{name} {why}", f"values.{name}")
    return {name: known[name] for name in request.values}


def personal(values: Mapping[str, Entered], known: Mapping[str, Value]) -> dict[str, Entered]:
    """Return those of *values* that only the guest book stores."""
    return {name: entered for name, entered in values.items() if known[name].personal}


def _known(asked: Iterable[str], known: Iterable[str]) -> None:
    for name in sorted(set(asked) - set(known)):
        meant, allowed = did_you_mean(name, known), ", ".join(sorted(known)) or "none"
        raise RequestRefused("unknown value", f"no value {name} there{meant}; allowed: {allowed}")
