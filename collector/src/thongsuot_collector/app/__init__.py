"""The process: its parts put together, started, watched and stopped."""
