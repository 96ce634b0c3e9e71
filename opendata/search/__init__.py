"""Queries, filters, analysis and the index behind one protocol."""
