"""The people of the lobby: they read the procedure files, and touch only the equipment."""
