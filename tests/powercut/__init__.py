"""Power cuts below SQLite: a recording file system, a model of the disk, and the store on both.

Why a FUSE file system and not a wrapper in the process: SQLite is the one that runs on the Pi,
unmodified, with its own write-ahead log, checkpoints and syncs, and so is our own code that
renames files; what is recorded are the system calls that the kernel saw, in their order. The same
layer fails a write or an fsync for real (EIO). Each power cut itself is then made from the record
(tests/powercut/disk.py), which is exact and thousands of times as fast as
mounting for every one.

=================== ==========================================================================
filesystem.py       the FUSE file system: passes through, records, fails on demand (a process)
mount.py            mounts it for a test
disk.py             what is on the disk after a cut (pure)
operations.py       what is recorded
workload.py         a day of the real store, what it promised, and whether a disk keeps it
=================== ==========================================================================
"""
