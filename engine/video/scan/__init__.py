"""What becomes known of a video as it is opened and decoded."""
