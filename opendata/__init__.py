"""Open Data.kz: an open catalogue of government-commissioned research."""

__version__ = "0.1.0"
