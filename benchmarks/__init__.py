"""Measurements that back the claims of this project; not installed with the application."""
