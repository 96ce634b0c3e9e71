"""What the catalogue knows: pure values and rules. No Flask, no SQLAlchemy, no network, no clock."""
