"""Tests of the virtual Pi's own logic: nothing is booted."""
