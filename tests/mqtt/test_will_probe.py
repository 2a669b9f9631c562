"""The will probe: a will is left out only if it is certainly the cause."""

import pytest

from edge.mqtt.will_probe import WillProbe


def attempts(accepts: str) -> list[str]:
    """Return each attempt: ``will`` or ``none``, and ``+`` if the connection is used.

    :param accepts: per attempt ``n``: none is accepted, ``a``: any, ``w``: only without a will
    """
    probe, made = WillProbe(), []
    for rule in accepts:
        name = "will" if probe.with_will else "none"
        if rule == "a" or (rule == "w" and name == "none"):
            made.append(name + "+" * probe.accepted())
        else:
            probe.refused()
            made.append(name)
    return made


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [
        ("aa", ["will+", "will+"]),
        ("na", ["will", "will+"]),
        # A broker that is away for long, and comes back at any attempt.
        ("nna", ["will", "will", "none"]),
        ("nnaa", ["will", "will", "none", "will+"]),
        ("nnna", ["will", "will", "none", "will+"]),
        ("nnnnna", ["will", "will", "none", "will", "will", "none"]),
        ("nnnnnaa", ["will", "will", "none", "will", "will", "none", "will+"]),
        # A broker that refuses the will, from the start or later.
        ("wwwww", ["will", "will", "none", "will", "none+"]),
        ("wwwwwww", ["will", "will", "none", "will", "none+", "will", "none+"]),
        # It accepts the will again.
        ("wwwwwa", ["will", "will", "none", "will", "none+", "will+"]),
    ],
)
def test_attempts(accepts: str, expected: list[str]) -> None:
    """The will is tried first each time; one success without it is not enough."""
    assert attempts(accepts) == expected


def test_left_out_until_it_is_accepted() -> None:
    """The alarm stands as long as connections have no will."""
    probe = WillProbe()
    for accepted in (False, False, True, False, True):
        probe.accepted() if accepted else probe.refused()
    assert probe.left_out
    assert probe.accepted()
    assert not probe.left_out
