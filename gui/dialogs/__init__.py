"""Dialogs that stand by themselves."""
