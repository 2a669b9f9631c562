"""Needs and actions: the interpreter knows each word of the vocabulary."""

from edge.sop.procedures.vocabulary import NEEDS, NEEDS_WITH_ARGUMENT, VERBS
from edge.sop.visit.needs import _MET
from edge.sop.visit.verbs import VERBS_DONE


def test_each_need_has_its_function() -> None:
    """A need that verifies but that no function decides would end the daemon at a guest's visit."""
    assert set(_MET) | set(NEEDS_WITH_ARGUMENT) == set(NEEDS)


def test_each_action_has_its_function() -> None:
    """The same for the actions on entering a phase."""
    assert set(VERBS_DONE) == set(VERBS)
