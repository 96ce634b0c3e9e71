"""CKAN's Action API. Each module named in FAMILIES holds some actions; importing it puts them into the registry."""

from opendata.web.ckan_api import (
    absent,
    activity,
    datastore,
    finding,
    forms,
    group_writes,
    groups_read,
    package_writes,
    packages_read,
    relationships,
    resource_writes,
    search,
    terms_read,
    transport,
    user_writes,
    users_read,
    views,
)
from opendata.web.ckan_api import help as help_actions

FAMILIES = (
    help_actions,
    packages_read,
    package_writes,
    resource_writes,
    relationships,
    search,
    finding,
    groups_read,
    users_read,
    terms_read,
    group_writes,
    user_writes,
    views,
    activity,
    datastore,
    absent,
)
"""Every module that holds actions."""

VIEWS = (transport, forms)
"""Every module that answers addresses."""
