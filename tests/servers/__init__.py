"""Real HTTP servers in threads on loopback: what harvesters are tested against."""
