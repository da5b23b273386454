"""Videos that are pictures: folders, and animated WebP."""
