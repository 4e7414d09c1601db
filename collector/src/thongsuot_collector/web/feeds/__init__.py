"""Feeds: incidents as Atom and planned work as iCalendar, by carrier and area."""
