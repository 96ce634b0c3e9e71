"""Frozen values to JSON and back, so that a column or a snapshot can hold any of them."""

from opendata.catalog.codec import dump, load

__all__ = ["dump", "load"]
