"""A visit's course through its steps."""
