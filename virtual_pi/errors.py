"""The errors of the virtual Pi."""


class CannotRun(Exception):
    """This machine cannot run the virtual Pi; the text has the reason and the remedy."""


class CommandFailed(Exception):
    """A command on this machine or in the guest failed; the text has the end of its output."""


class RowFailed(Exception):
    """The product did not do what a row of the table expects; the text is the row's figure."""


class Unreachable(Exception):
    """The guest or its monitor does not answer."""


class LeftOut(Exception):
    """A row cannot be run here; the text has the reason."""
