"""Bytes in; text, pages, properties and tables out. Knows no store."""
