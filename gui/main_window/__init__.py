"""The main window: joins panes, panels, menus and controllers."""
