"""`gardu guestbook`: guests' details, for the person responsible for them."""
