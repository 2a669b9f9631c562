"""Power cuts below SQLite: a recording file system, a model of the disk, and the store on both.

A FUSE file system and not a wrapper in the process: SQLite is unmodified, as on the Pi, with its
own write-ahead log, checkpoints and syncs, and so is our own code that renames files. The recording
holds the system calls that the kernel saw, in their order. The same layer fails a write or an fsync
for real (EIO). Each power cut is then made from the recording (disk.py), which is exact and
thousands of times as fast as a mount for each cut.

=================== ==========================================================================
filesystem.py       the FUSE file system: passes through, records, fails on demand (a process)
mount.py            mounts it for a test
disk.py             the content of the disk after a cut (pure)
operations.py       the recorded operations
workload.py         a day of the real store, its promises, and whether a disk keeps them
=================== ==========================================================================
"""
