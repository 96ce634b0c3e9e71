"""Actions that write what CKAN has and this catalogue has not: refused in words that a client understands."""

from __future__ import annotations

from opendata.errors import Conflict
from opendata.web.ckan_api.registry import Call, Json, action


@action("vocabulary_create", "vocabulary_update", "vocabulary_delete", "tag_create", "tag_delete")
def no_vocabularies(call: Call) -> Json:
    """There are no vocabularies: keywords are free, and come and go with the datasets that have them."""
    del call
    raise Conflict("There are no vocabularies here: keywords are free. Send a dataset with its tags.")


@action("term_translation_update", "term_translation_update_many")
def no_translations(call: Call) -> Json:
    """There are no translations of terms: texts carry their languages themselves (title_translated)."""
    del call
    raise Conflict("Texts carry their languages themselves here: send title_translated.")


@action("config_option_update")
def no_options(call: Call) -> Json:
    """The settings cannot be changed by a client: they stand in a file of the server."""
    del call
    raise Conflict("The settings stand in config.toml on the server.")


@action("job_clear", "job_cancel", "task_status_update", "task_status_update_many", "task_status_delete")
def no_tasks(call: Call) -> Json:
    """There are no tasks of CKAN's server: work that waits is this site's own."""
    del call
    raise Conflict("There are no tasks of CKAN here: what waits is at /api/v1/jobs and on the desk.")


@action("activity_create", "send_email_notifications")
def no_reports(call: Call) -> Json:
    """What happens is noted by the site itself, and who follows a search gets a letter by itself."""
    del call
    raise Conflict("The site notes what happens, and sends letters, by itself.")


@action("package_collaborator_create", "package_collaborator_delete")
def no_collaborators(call: Call) -> Json:
    """People have a role in an agency (organization_member_create), not in a single dataset."""
    del call
    raise Conflict("Dataset collaborators not enabled")


@action("resource_create_default_resource_views", "package_create_default_resource_views")
def no_default_views(call: Call) -> Json:
    """The views that a file gets by itself: none. What a page shows of a file needs no view."""
    del call
    return []
