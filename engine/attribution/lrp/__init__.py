"""Layer-wise relevance propagation: rules, composites, and the handlers of operations."""
