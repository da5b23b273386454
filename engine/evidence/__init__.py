"""How much of a decision rests on one picture, on several, and on movement: evidence in bits."""
