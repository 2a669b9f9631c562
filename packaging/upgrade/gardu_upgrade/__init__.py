"""The upgrade tool: switches a checkpoint to another installed version, and back if it fails.

``/opt/gardu/versions/VERSION`` holds each version; the symlink ``/opt/gardu/current`` names the one
that runs, ``/opt/gardu/previous`` the one before it. The package's postinst calls the tool, and
``gardu-upgrade.service`` calls it at the boot after a power cut in the middle.

Rules
-----
1. Only the standard library, and no import of Gardu: the new version may be broken. It runs with
   the system's Python, 3.11 or newer.
2. The new version is on *trial* until it is READY and has lasted :data:`trial.LASTS_S`. If it is
   not, the version before it comes back.
3. A trial is recorded in ``switching.json`` before its first step, and the record is removed after
   its last. Each step is durable, and may be repeated: after a kill or a power cut the next run
   settles what is recorded (switch.py).
4. A service that was stopped is not started. Without a running systemd only the link is set.
5. What it did is printed, and is in the journal.

========== =====================================================================
main       the command line
switch     the steps of a switch, in order, and back
trial      waits for the verdict on a version: ready and lasting, or failed
service    asks and commands systemd
database   asks an older version to put back the database of its format
versions   the versions on the disk, and the two links
record     the record of the switch under way, and of the last one
durable    files and links that survive a power cut
report     prints, and writes to the journal
places     paths
========== =====================================================================
"""
