"""Hostile files, one module a kind: each makes a valid file or folder and spoils it at random."""
