"""What if: paint a region, and ask the model again."""
