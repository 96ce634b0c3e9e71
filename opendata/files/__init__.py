"""Where files live: a folder or S3, one contract."""
