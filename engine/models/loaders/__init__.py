"""Where networks come from: the catalogue, hubs, and the user's own code."""
