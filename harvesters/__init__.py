"""One module per protocol. Each reads a source and yields what it found; see opendata.harvesting.contract."""
