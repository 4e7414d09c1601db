"""TMF642: alarms in an alarm management system."""
