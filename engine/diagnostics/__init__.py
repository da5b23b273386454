"""How far an analysis can be trusted. No torch."""
