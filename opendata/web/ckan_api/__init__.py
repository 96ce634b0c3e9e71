"""CKAN's Action API. Each module named in FAMILIES holds some actions; importing it puts them into the registry."""

from opendata.web.ckan_api import (
    activity,
    datastore,
    finding,
    group_writes,
    groups_read,
    misc,
    package_writes,
    packages_read,
    relationships,
    resource_writes,
    search,
    transport,
    user_writes,
    users_read,
    util,
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
    misc,
    group_writes,
    user_writes,
    views,
    activity,
    datastore,
)
"""Every module that holds actions."""

VIEWS = (transport, util)
"""Every module that answers addresses."""
