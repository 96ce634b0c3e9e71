"""CKAN's Action API. Each module named in FAMILIES holds some actions; importing it puts them into the registry."""

from opendata.web.ckan_api import help as help_actions

FAMILIES = (help_actions,)
"""Every module that holds actions."""
