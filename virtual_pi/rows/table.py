"""All tests, in their order: the first needs a guest without Gardu, the last removes it."""

from virtual_pi.rows import package, pins

ROWS = (*package.FIRST, *pins.ROWS, *package.LAST)
