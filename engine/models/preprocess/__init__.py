"""From frames to the network's input: sampling, geometry, layout."""
