"""Code beside a model card: only bytes that the user agreed to are run."""
