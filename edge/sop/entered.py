"""The type of a value that is entered with a visit (``edge/sop/procedures/values.py``)."""

Entered = str | float
"""A value as it is entered: text, the word of a choice, or a number."""
