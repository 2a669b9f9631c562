"""The SOP core: pure functions over frozen values; no I/O, no clock, no await."""
