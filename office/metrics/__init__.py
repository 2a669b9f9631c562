"""Numbers for Prometheus, computed from the database at each request.

Rules
-----
1. Names and units are Prometheus's: base units, ``_total`` for what only grows, times of events as
   ``_timestamp_seconds`` (an age is ``time() - …``, computed where it is asked).
2. The number of series is bounded, however much comes from checkpoints: sites by
   ``metrics.most_sites``, the kinds of alarms by the contract's list; all others are one.
3. No name of a person, no visit and no address of a hook is in a label.
4. Without its database the answer says so (``gardu_office_database_up 0``), and has nothing else
   of it: a number that is not known is absent, never 0.
"""
