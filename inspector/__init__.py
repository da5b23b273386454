"""The application: command line, start-up of the window, settings, crash handling."""
