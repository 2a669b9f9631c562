"""Sealing: personal data is encrypted to the office's public key as it is written.

Rules
-----
1. With an office key in the config, guests' details, personal values and stills are sealed before
   their first byte is written: no file, log of a database or temporary file has them in clear.
2. The checkpoint has the public key only. What it has sealed it cannot open.
3. A sealed text is a *box*: :data:`~edge.sealing.boxes.MAGIC`, the id of the key (8 bytes), and a
   sealed box of libsodium (X25519, XSalsa20-Poly1305; an ephemeral key of its own for each).
4. What must be read back here (the details of open visits, expected guests) is *wrapped* besides,
   under the local key: a key of this boot in memory, or one of the unit's credentials
   (edge/daemon/local_key.py). The wrap is deleted when the visit ends or the invitation expires.
5. Losing the local key loses no data: the office's boxes stay.
6. A box names its key, so the office's key can be changed: new boxes are for the new key, old ones
   are opened with the old private key.
7. A box hides its content, and shows if it was changed. It does not prove who made it: the hash
   chain of the records does that for stills, by their SHA-256.
8. Without an office key everything is stored as it is (docs/guestbook.md says what that means).

PyNaCl is imported where a box is made or opened: a checkpoint without a key does not need it.
"""
