"""Files and links of datasets, added, changed and taken out; with the file itself in the field `upload`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import BinaryIO, cast
from uuid import UUID, uuid4

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.errors import NotFound
from opendata.export import ckan
from opendata.services import accepting, attaching, changing
from opendata.services.ckan_packages import dataset_of
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.package_writes import demand_writer
from opendata.web.ckan_api.registry import Call, Json, action
from opendata.web.ckan_api.resource_input import resource_given

UPLOAD = "upload"


@action("resource_create")
def resource_create(call: Call) -> Json:
    """Add a file or link to a dataset. Its editors may.

    package_id: the name or id of the dataset. url, name, description, format, mimetype, size, hash, and whatever else
    is to be kept. upload: the file itself, in a form; the public has it once it was looked through. A link is fetched
    and preserved as those of harvested datasets are.
    """
    demand_writer(call)
    package = call.data.required("package_id")

    def place(before: DatasetRecord, file: ResourceRecord | None) -> DatasetRecord:
        made = resource_given(call.data, None, before, call.site)
        made = replace(made, id=made.id or new_id)
        if any(one.id == made.id for one in before.resources):
            raise ValidationError({"id": ["Resource id already exists."]})
        made = accepting.with_bytes(made, file) if file else made
        return replace(before, resources=(*before.resources, made))

    new_id = uuid4()
    made = _written(call, package, place)
    return _shown(call, made, made.resources[-1])


@action("resource_update")
def resource_update(call: Call) -> Json:
    """Write a file or link anew; what is not given is none, but for its address and how open it is.

    id: its id. upload: other bytes. clear_upload: true takes the bytes away. All else as in resource_create.
    """
    return _changed(call, whole=True)


@action("resource_patch")
def resource_patch(call: Call) -> Json:
    """Change what is given of a file or link and leave all else. id: its id. All else as in resource_update."""
    return _changed(call, whole=False)


def _changed(call: Call, *, whole: bool) -> Json:
    demand_writer(call)
    wanted, package = _named(call)

    def place(before: DatasetRecord, file: ResourceRecord | None) -> DatasetRecord:
        made = resource_given(call.data, _had(before, wanted), before, call.site, whole=whole)
        made = accepting.with_bytes(made, file) if file else made
        return replace(before, resources=tuple(made if one.id == wanted else one for one in before.resources))

    made = _written(call, package, place, drops=(wanted,) if call.data.boolean("clear_upload") else ())
    return _shown(call, made, _had(made, wanted))


@action("resource_delete")
def resource_delete(call: Call) -> Json:
    """Take a file or link out of its dataset. Its editors may. id: its id."""
    demand_writer(call)
    wanted, package = _named(call)

    def place(before: DatasetRecord, _file: ResourceRecord | None) -> DatasetRecord:
        _had(before, wanted)
        return replace(before, resources=tuple(one for one in before.resources if one.id != wanted))

    _written(call, package, place)


def _named(call: Call) -> tuple[UUID, str]:
    """The id of the file that is meant, and its dataset."""
    given = call.data.required("id")
    try:
        wanted = UUID(given)
    except ValueError:
        raise NotFound("Resource was not found.") from None
    return wanted, dataset_of(call.catalogue, wanted)


def _had(dataset: DatasetRecord, wanted: UUID) -> ResourceRecord:
    found = next((one for one in dataset.resources if one.id == wanted), None)
    if found is None:
        raise NotFound("Resource was not found.")
    return found


def _written(call: Call, package: str, place: attaching.PlaceOne, drops: Collection[UUID] = ()) -> DatasetRecord:
    sent = call.files.get(UPLOAD)
    files = {UPLOAD: (cast("BinaryIO", sent.stream), sent.filename)} if sent and sent.filename else {}

    def put(before: DatasetRecord, stored: Mapping[str, ResourceRecord]) -> DatasetRecord:
        return place(before, stored.get(UPLOAD))

    if files or drops:
        drops = () if files else drops
        made = attaching.attach_by(call.catalogue, call.actor, package, files, put, drops=drops, propose=True)
    else:
        made = changing.change(call.catalogue, call.actor, package, lambda before: put(before, {}))
    return call.became(made)


def _shown(call: Call, dataset: DatasetRecord, one: ResourceRecord) -> Json:
    waits = {"state": "draft"} if call.review.get("state") == "proposed" else {}
    return ckan.resource(one, dataset, call.site) | waits
