"""What the standard library's reader of zip files raises under a name that does not say so."""

from __future__ import annotations

UNKNOWN_COMPRESSION = NotImplementedError
"""Raised by zipfile for a way of compression, or a version of the format, that it cannot read; a RuntimeError too."""
