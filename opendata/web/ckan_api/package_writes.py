"""Datasets made, changed, withdrawn and purged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import BinaryIO, cast
from uuid import UUID

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord
from opendata.catalog.stored import is_public
from opendata.errors import NotAllowed
from opendata.export import ckan
from opendata.services import (
    accepting,
    attaching,
    changing,
    ckan_packages,
    grouping,
    proposing,
    purging,
    writing,
)
from opendata.services.changing import Outcome, ReviewAction
from opendata.web.ckan_api import revising
from opendata.web.ckan_api.errors import ValidationError, missing
from opendata.web.ckan_api.package_input import PackageInput, groups_given
from opendata.web.ckan_api.packages_read import package_dict, shown
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.registry import Call, Json, action

Place = Callable[[DatasetRecord, Mapping[str, ResourceRecord]], DatasetRecord]


@action("package_create")
def package_create(call: Call) -> Json:
    """Make a dataset. Editors and administrators of its organization may. Where that reviews what is published, one
    that would be active is sent in for review: its state is draft until somebody accepts it.

    name: 2 to 100 of a-z, 0-9, - and _; made of the title where none is given. title, notes, owner_org (name or id),
    author, author_email, maintainer, maintainer_email, license_id, url, version, private, state (active, draft),
    type, tags [{name}] or tag_string, extras [{key, value}], groups [{name}], resources [{url, name, …}].
    title_translated, notes_translated: texts by language. id: a UUID, from sysadmins.
    """
    demand_writer(call)
    record = PackageInput(call.data, call.site, whole=True, owned=not call.actor.sysadmin).record(None)
    named = groups_named(call, call.data) or grouping.Named()
    record = replace(record, themes=named.themes)
    made = writing.create(call.catalogue, call.actor, record, id=_new_id(call), groups=named.groups, sends_in=True)
    sent_in = made.state is not record.state and is_public(record)
    return written(call, Outcome(made, ReviewAction.SUBMITTED if sent_in else None), new=True)


@action("package_update", "package_edit")
def package_update(call: Call) -> Json:
    """Write a dataset anew. What is not given is none, but for resources, groups, name, title, owner_org, private and
    state, which stay. Nothing is written where nothing is changed. Where its organization reviews what is published,
    what an editor changes of a public one waits for a reviewer: the answer is the dataset as it would be, in the state
    draft, and X-Review says "proposed".

    id: its name or id. All else as in package_create; a resource without its id is a new one.
    """
    demand_writer(call)
    name = call.data.required("id", "name")
    return written(call, replaced(call, name, call.data, whole=True))


@action("package_patch")
def package_patch(call: Call) -> Json:
    """Change what is given of a dataset and leave all else.

    id: its name or id. All else as in package_update.
    """
    demand_writer(call)
    return written(call, replaced(call, call.data.required("id"), call.data, whole=False))


@action("package_revise")
def package_revise(call: Call) -> Json:
    """Change a dataset only where it is as it is thought to be, all at once.

    match: what it must hold, its name or id among that. filter: what goes, as "-extras, +resources__0, -resources__*".
    update: what is laid over the rest. include: which parts of the result are wanted, written as filter. Each may be
    flattened: update__resources__1f9ab__description, with the place of a resource or the first five or more letters of
    its id; update__resources__extend adds to the list; update__resources__1f9ab__upload takes a file.
    """
    demand_writer(call)
    revision = revising.Revision.of(call.data, call.files)
    present = shown(call, revision.name)
    wanted = revision.applied(present)
    named = groups_named(call, Params(wanted)) if wanted.get("groups") != present["groups"] else None
    beside = {key: present[key] for key in ("groups", "organization")}

    def place(before: DatasetRecord, files: Mapping[str, ResourceRecord]) -> DatasetRecord:
        owner = str(before.organization.id) if before.organization else None
        revised = revision.applied({**ckan.package(before, call.site), **beside, "owner_org": owner})
        made = _owned(call, before, PackageInput(Params(revised), call.site, whole=True).record(before))
        resources = list(made.resources)
        for field, number in revision.uploads(revised):
            resources[number] = accepting.with_bytes(resources[number], files[field])
        return _themed(replace(made, resources=tuple(resources)), named)

    return {"package": revision.included(written(call, _placed(call, revision.name, place, named)))}


@action("package_delete")
def package_delete(call: Call) -> Json:
    """Withdraw a dataset: its address says that it was here. Its editors may. id: its name or id."""
    demand_writer(call)
    call.touched("packages", writing.remove(call.catalogue, call.actor, call.data.required("id")).id)
    return None


@action("dataset_purge")
def dataset_purge(call: Call) -> Json:
    """Remove a dataset with its files and all that is known of it. For sysadmins. id: its name or id."""
    demand_writer(call)
    call.touched("packages", purging.purge(call.catalogue, call.actor, call.data.required("id")))
    return None


@action("package_owner_org_update")
def package_owner_org_update(call: Call) -> Json:
    """Give a dataset to another organization. Who does it must be an editor in both.

    id: the name or id of the dataset. organization_id: that of the organization; none for no organization.
    """
    demand_writer(call)
    name = call.data.required("id")
    if "organization_id" not in call.data:
        raise missing("organization_id")
    owner = call.data.text("organization_id")
    call.became(replaced(call, name, Params({"owner_org": owner}), whole=False, unowned=not owner))
    return None


@action("package_resource_reorder")
def package_resource_reorder(call: Call) -> Json:
    """Put the resources of a dataset in another order.

    id: its name or id. order: ids of its resources; those that are not named come after them.
    """
    demand_writer(call)
    name, order = call.data.required("id"), call.data.words("order")
    if not order:
        raise ValidationError({"order": ["Must supply order"]})
    if len(set(order)) != len(order):
        raise ValidationError({"order": ["Must supply unique resource_ids"]})

    def change(before: DatasetRecord) -> DatasetRecord:
        by_id = {str(one.id): one for one in before.resources}
        if strange := [one for one in order if one not in by_id]:
            raise ValidationError({"order": [f"resource_ids in order can not be found: {strange[0][:100]}"]})
        rest = (one for key, one in by_id.items() if key not in order)
        return replace(before, resources=(*(by_id[key] for key in order), *rest))

    made = call.became(changing.change(call.catalogue, call.actor, name, change))
    return {"id": str(made.id), "order": [str(one.id) for one in made.resources]}


def demand_writer(call: Call) -> None:
    """NotAllowed for the public: whatever it asks to be written, whether that is there or not."""
    if not call.actor.signed_in:
        raise NotAllowed("This action requires an authenticated user", signed_in=False)


def replaced(call: Call, name: str, data: Params, *, whole: bool, unowned: bool = False) -> Outcome:
    """The dataset with what `data` says of it; with `unowned` it may be that it belongs to nobody."""
    named = groups_named(call, data)

    def place(before: DatasetRecord, _files: Mapping[str, ResourceRecord]) -> DatasetRecord:
        made = PackageInput(data, call.site, whole).record(before)
        return _themed(made if unowned else _owned(call, before, made), named)

    return _placed(call, name, place, named, files=False, choose=partial(_meant, call, data) if whole else None)


def _owned(call: Call, before: DatasetRecord, made: DatasetRecord) -> DatasetRecord:
    """`made` under an organization where it had one: a form without it takes nobody's dataset away."""
    if made.organization is not None or before.organization is None:
        return made
    if not call.actor.sysadmin:
        raise ValidationError({"owner_org": ["An organization must be provided"]})
    return replace(made, organization=before.organization)


def _meant(call: Call, data: Params, stands: DatasetRecord, would: DatasetRecord) -> DatasetRecord:
    """The state that a client was shown which writes the dataset anew: as it stands, or with the change that waits."""
    alike = [
        sum(value == data.get(name) for name, value in ckan.package(one, call.site).items()) for one in (stands, would)
    ]
    if alike[1] >= alike[0]:
        return would
    return stands if data.get("resources") is not None else replace(stands, resources=would.resources)


def _placed(
    call: Call,
    name: str,
    place: Place,
    named: grouping.Named | None,
    *,
    files: bool = True,
    choose: changing.Choice | None = None,
) -> Outcome:
    groups = named.groups if named else None

    def placed(before: DatasetRecord, stored: Mapping[str, ResourceRecord]) -> DatasetRecord:
        made = place(before, stored)
        hides = before.state is RecordState.PUBLISHED and made.state is RecordState.DRAFT
        if hides and proposing.needs_review(call.actor, before, before):  # so what waits is shown, and comes back
            return replace(made, state=before.state)
        return made

    if not (files and call.files):
        return changing.change(
            call.catalogue, call.actor, name, lambda before: placed(before, {}), groups=groups, choose=choose
        )
    sent = {field: (cast("BinaryIO", file.stream), file.filename or "") for field, file in call.files.items()}
    return attaching.attach_by(call.catalogue, call.actor, name, sent, placed, groups=groups, propose=True)


def groups_named(call: Call, data: Params) -> grouping.Named | None:
    """The groups that the dataset is to be in; None where nothing is said of them."""
    listed = groups_given(data)
    if listed is None:
        return None
    named = grouping.named(call.catalogue, listed)
    if named.unknown:
        told = [{"name": ["Group was not found."]} if at in named.unknown else {} for at in range(len(listed))]
        raise ValidationError({"groups": told})
    return named


def _themed(made: DatasetRecord, named: grouping.Named | None) -> DatasetRecord:
    if named is None or set(named.themes) == set(made.themes):
        return made
    return replace(made, themes=named.themes)


def _new_id(call: Call) -> UUID | None:
    given = call.data.text("id")
    if not given:
        return None
    if not call.actor.sysadmin:
        raise ValidationError({"id": ["The input field id was not expected."]})
    try:
        return UUID(given)
    except ValueError:
        raise ValidationError({"id": ["Invalid id provided"]}) from None


def written(call: Call, outcome: Outcome, *, new: bool = False) -> dict[str, Json]:
    """The answer to a write: the dataset as it stands now, or as it would be where the change waits. A `new` one is
    known whole, unless it names others.
    """
    made = call.became(outcome)
    if outcome.review is ReviewAction.PROPOSED:
        seen = ckan_packages.as_it_would_be(call.catalogue, call.actor, made)
        return package_dict(call, seen) | {"state": "draft"}
    if new and not made.relations and not made.study:
        return package_dict(call, ckan_packages.around(call.catalogue, made))
    return shown(call, str(made.id))
