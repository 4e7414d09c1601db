"""TMF642: alarms in somebody's alarm management."""
