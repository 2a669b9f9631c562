"""The desk: pages for the screens of reception and aide, served beside the running daemon.

A process of its own, for offices that want it (`gardu desk`, docs/desk.md). It asks the daemon over
the desk's socket, shows what reception and aide need now, and stores nothing. The daemon does not
depend on it.
"""
