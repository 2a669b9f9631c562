"""The broker kit: authority, certificates, access lists and settings of the office's broker.

Rules
-----
1. The state is one folder. ``kit.json`` decides; the broker's files are written from it
   (``broker_files.py``), so that they can be written again at any time.
2. A change is one replacement of ``kit.json``. What comes before it (a bundle under its name with
   ``.part``) does not count without it; what comes after it is completed by the next change.
3. A client's key is in its bundle only. No key is overwritten: each certificate of a client has a
   number, and its bundle has a file of its own.
4. An identity names one client at all sites: ``site.checkpoint``, or a name without a dot. The
   access list names the topics of each, because a pattern cannot tell two sites apart.
"""
