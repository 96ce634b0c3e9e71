"""CKAN's Action API, as its clients meet it."""
