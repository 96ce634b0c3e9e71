"""Bulk upload: a spreadsheet, alone or in a zip with files, checked cell by cell and published through the ingest."""
