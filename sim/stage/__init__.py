"""One simulation: its processes, its time, and what the central office receives."""
