"""Files of bouts that other programs write and read, a format a module. No torch."""
