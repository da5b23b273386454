"""Commands: named actions with keys, and the dialogs that show and change the keys."""
