"""Tests of opendata.web.api."""
