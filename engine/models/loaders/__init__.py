"""Loaders of networks: the catalogue, hubs, and the user's own code."""
