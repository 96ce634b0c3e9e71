"""Makes the committed files of `opendata/demo/files` from texts and seeds; needs the `test` extras and DejaVu fonts.

Nothing of it is used when the catalogue runs.
"""
