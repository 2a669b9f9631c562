"""The contract suites on real equipment, with a technician's hands, eyes and ears.

``make hardware-test CONFIG=…`` runs them on a Pi. Without it they are rehearsed: the same benches
give the same instructions to a program, which moves simulated equipment.
"""
