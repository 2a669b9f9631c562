"""The contract suites on real equipment, with a technician's hands, eyes and ears.

``make hardware-test CONFIG=…`` runs them on a Pi. Without it they are rehearsed: the same benches
tell the same words to a technician who is a program and moves simulated equipment.
"""
