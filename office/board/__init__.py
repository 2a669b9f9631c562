"""The office's page: the board of all checkpoints, visits, evacuation lists, months, the fleet.

It only reads what the ingest has stored, except for its own users and sessions. A process of its
own (`gardu office page`, docs/office-page.md).
"""
