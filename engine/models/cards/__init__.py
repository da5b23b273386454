"""Model cards: their keys, the saved ones, and files that the user trusts. No torch."""
