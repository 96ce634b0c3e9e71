"""What a harvester is, and the polite, guarded HTTP client that it is handed."""
