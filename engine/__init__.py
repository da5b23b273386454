"""Everything that computes: video, models, attribution, selective relevance. No Qt in here."""
