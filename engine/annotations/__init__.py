"""What the user adds to a video: notes, and painted regions."""
