"""What reading a workbook raises where the workbook is broken. Imports its library, as its readers do anyway."""

from __future__ import annotations

import zipfile

from python_calamine import CalamineError

BROKEN_WORKBOOK = (CalamineError, zipfile.BadZipFile, ValueError, KeyError, OSError)
