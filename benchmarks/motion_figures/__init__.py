"""Motion Figures: synthetic clips of people-like figures with exact masks of what moves.

Everything about a clip is known (who moves, where, what the background is), so a number about
an explanation can be checked against the truth. See ``README.md`` beside this file.
"""
