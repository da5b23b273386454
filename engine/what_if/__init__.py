"""What if: the model asked again about a clip that was changed."""
