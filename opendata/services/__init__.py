"""Use cases. The only code that commits. Doors call these; nothing here knows Flask, click or HTML."""
