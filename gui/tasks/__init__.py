"""Work in threads: jobs of which the newest wins, and throttled signals."""
