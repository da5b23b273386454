"""Devices that models compute on: their choice, and the proof that they compute right."""

from engine.models.devices.choice import move, resolve_device

__all__ = ["move", "resolve_device"]
