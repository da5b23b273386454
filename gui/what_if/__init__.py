"""The What if panel: paint a region and query the model again."""
