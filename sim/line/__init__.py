"""The line to the broker and the disk below the daemon, and their faults."""
