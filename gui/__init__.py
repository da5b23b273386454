"""The window: widgets, view state and the threads behind them. No torch in here."""
