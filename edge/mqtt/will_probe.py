"""Will probe: finds out if a broker refuses a CONNECT because of its will.

A broker that is starting refuses every CONNECT, or closes the connection. So a CONNECT without the
will is tried in between; only if that one is accepted, and one with the will is refused again after
it, the will is left out. The next connection begins with the will again.
"""

# CONNECTs with the will that are refused in a row before one without it is tried.
REFUSALS = 2


class WillProbe:
    """Decides if the next CONNECT has the will.

    :ivar left_out: True if the will is certainly the cause
    """

    def __init__(self) -> None:
        self.left_out = False
        self._refusals = 0
        self._accepted_without = False

    @property
    def with_will(self) -> bool:
        """True if the next CONNECT has the will."""
        return self._refusals < REFUSALS

    def refused(self) -> None:
        """Note that the CONNECT was refused."""
        if self.with_will:
            self._refusals += 1
        else:
            self._refusals, self._accepted_without = 0, False

    def accepted(self) -> bool:
        """Note that the CONNECT was accepted.

        :return: False if the connection must be made again, with the will, to be certain
        """
        if self.with_will:
            self._refusals, self._accepted_without, self.left_out = 0, False, False
            return True
        self.left_out = self._accepted_without
        self._refusals, self._accepted_without = REFUSALS - 1, True
        return self.left_out
