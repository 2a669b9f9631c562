"""The wiring picture and the parts list."""
