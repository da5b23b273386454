"""Generators of hostile files, one module a kind of file, for tests and long runs alike.

Each takes a `random.Random`, so that a case can be made again from its seed.
"""
