"""What programs talk to: /api/v1, and the tus protocol below it."""
