"""The daemon: starts, decides, commits, acts, and reports its health."""
