"""The central office under load: many checkpoints at a multiple of their peak (`make soak-office`).

The traffic is that of a simulated day (`gardu sim day`): its records, frozen, under the names of
many checkpoints, each with a stream and a hash chain of its own.
"""
