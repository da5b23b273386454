"""The engine as the window is given it: one module a protocol of `gui.backend`."""
