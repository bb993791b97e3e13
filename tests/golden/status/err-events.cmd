events
