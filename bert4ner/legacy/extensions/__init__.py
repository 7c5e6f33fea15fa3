"""bert4keras' `extend_with_…` that were wrong, written anew: the same names, arguments and methods.

All of them count their own steps, weight by weight, so that they may be put around each other in any order.
"""
