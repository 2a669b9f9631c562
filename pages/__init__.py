"""The web stack that Gardu's pages share: one application, its headers, its streams, its server.

The simulator's page uses it now; the desk's and the central office's pages are made of the same
parts. It imports nothing of Gardu, so that each of them may use it.
"""
