"""The world of one checkpoint: the lobby with its equipment, pins, ports and wires."""
