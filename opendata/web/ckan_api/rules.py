"""Who may call which action: the rule of each, declared here and nowhere else. One without a rule is nobody's."""

from __future__ import annotations

from collections.abc import Mapping

from opendata.services.rights import Right
from opendata.web.rules import EVERYBODY, SIGNED_IN, Rule, anywhere, over, spread

_READS = """
    site_read status_show help_show license_list member_roles_list term_translation_show job_show task_status_show
    package_list package_search package_show package_autocomplete package_activity_list package_relationships_list
    current_package_list_with_resources recently_changed_packages_activity_list activity_show activity_data_show
    activity_diff
    resource_show resource_search resource_view_list resource_view_show resource_status_show
    datastore_info datastore_search
    organization_list organization_show organization_autocomplete organization_activity_list
    group_list group_show group_autocomplete group_activity_list group_package_show member_list
    tag_list tag_search tag_show tag_autocomplete vocabulary_list vocabulary_show format_autocomplete
    am_following_dataset am_following_group am_following_organization am_following_user
    followee_count followee_list package_collaborator_list package_collaborator_list_for_user
    user_followee_count user_followee_list user_follower_count user_follower_list
    dataset_followee_count dataset_followee_list dataset_follower_count dataset_follower_list
    group_followee_count group_followee_list group_follower_count group_follower_list
    organization_followee_count organization_followee_list organization_follower_count organization_follower_list
    organization_list_for_user group_list_authz
"""
"""What the public may ask; of what is not public it is told nothing. The last two: the public belongs to none."""

_OWN = """
    user_list user_show user_autocomplete user_activity_list user_update user_patch user_generate_apikey
    dashboard_activity_list dashboard_new_activities_count dashboard_mark_activities_old
    follow_dataset follow_group follow_user unfollow_dataset unfollow_group unfollow_user
    api_token_list api_token_create api_token_revoke package_collaborator_create package_collaborator_delete
    resource_create_default_resource_views package_create_default_resource_views
    group_update group_patch group_delete group_member_create group_member_delete member_create member_delete
"""
"""One's own account, and groups, whose members alone decide over them; members of organisations as in the rest."""

_EDITS = """
    package_update package_patch package_edit package_revise package_delete package_owner_org_update
    package_resource_reorder package_relationship_create package_relationship_update package_relationship_delete
    resource_create resource_update resource_patch resource_delete
    resource_view_create resource_view_update resource_view_delete resource_view_reorder
"""

_OF_CKANS_SERVER = """
    vocabulary_create vocabulary_update vocabulary_delete tag_create tag_delete
    term_translation_update term_translation_update_many config_option_update
    job_clear job_cancel task_status_update task_status_update_many task_status_delete
    activity_create send_email_notifications
"""
"""What only CKAN has; whoever may ask is told so."""

ACTIONS: Mapping[str, Rule] = spread(
    (
        (EVERYBODY, _READS),
        (SIGNED_IN, _OWN),
        (anywhere(Right.EDIT_RECORDS), "package_create"),
        (over(Right.EDIT_RECORDS), _EDITS),
        (over(Right.WITHDRAW_MANY), "bulk_update_delete bulk_update_private bulk_update_public"),
        (anywhere(Right.EDIT_ORGANIZATION), "organization_create"),
        (over(Right.EDIT_ORGANIZATION), "organization_update organization_patch organization_delete"),
        (over(Right.MANAGE_MEMBERS), "organization_member_create organization_member_delete user_invite"),
        (anywhere(Right.MANAGE_MEMBERS), "group_create"),
        (
            anywhere(Right.MANAGE_SITE),
            "user_create user_delete get_site_user job_list config_option_list config_option_show",
        ),
        (anywhere(Right.MANAGE_SITE), "dataset_purge organization_purge group_purge"),
        (anywhere(Right.MANAGE_SITE), _OF_CKANS_SERVER),
    )
)
"""The rule of every action by its name."""
