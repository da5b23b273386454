"""What-if queries: the model's scores for a changed clip."""
