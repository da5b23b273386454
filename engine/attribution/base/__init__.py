"""The parts that all methods share: the explained model, targets, outputs, batches."""
