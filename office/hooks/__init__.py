"""Outgoing HTTP hooks: alarms, guests who are here, broken chains, posted to addresses of yours.

Rules
-----
1. A hook is a convenience: the records are in the database. It never delays or stops the ingest:
   its queue is in memory and bounded, and a restart loses what waits.
2. The form is that of Standard Webhooks (standardwebhooks.com), for which receivers have libraries:
   the headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature`` (HMAC-SHA256).
3. A notice is sent in its turn until the receiver accepts it (2xx), refuses it for good (4xx, 3xx),
   or it is too old to be of use. What was not delivered is counted and logged.
4. A notice has no name of a person: records have none.
"""
