"""What all methods share: the explained model, targets, outputs, batches."""
