"""Relations between two datasets in CKAN's words; they are our relations, so pages and exports tell them too."""

from __future__ import annotations

from dataclasses import replace

from opendata.catalog.records import DatasetRecord
from opendata.catalog.values import Relation
from opendata.errors import NotFound
from opendata.services import attaching, changing, ckan_packages
from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.package_writes import demand_writer
from opendata.web.ckan_api.registry import Call, Json, action

KINDS = {
    "depends_on": "Requires",
    "dependency_of": "IsRequiredBy",
    "derives_from": "IsDerivedFrom",
    "has_derivation": "IsSourceOf",
    "links_to": "References",
    "linked_from": "IsReferencedBy",
    "child_of": "IsPartOf",
    "parent_of": "HasPart",
}
"""What CKAN's types are called among ours (relationType of the DataCite Metadata Schema)."""
TYPES = {kind: type_ for type_, kind in KINDS.items()}


@action("package_relationship_create")
def package_relationship_create(call: Call) -> Json:
    """Say how two datasets are related. Editors of both may.

    subject, object: names or ids. type: depends_on, derives_from, links_to, child_of, or one of their contraries.
    A comment is not kept.
    """
    subject, other, relation = _given(call)

    def change(before: DatasetRecord) -> DatasetRecord:
        if relation in before.relations:
            raise ValidationError({"type": ["This relationship is there already."]})
        return replace(before, relations=(*before.relations, relation))

    made = call.became(changing.change(call.catalogue, call.actor, subject, change))
    return _told(made.slug, other.slug, relation.kind)


@action("package_relationship_update")
def package_relationship_update(call: Call) -> Json:
    """A relationship that is there; it has nothing that could be changed. As package_relationship_create."""
    subject, other, relation = _given(call)
    found = attaching.current(call.catalogue, call.actor, subject)
    if relation not in found.relations:
        raise NotFound("This relationship was not found.")
    return _told(found.slug, other.slug, relation.kind)


@action("package_relationship_delete")
def package_relationship_delete(call: Call) -> Json:
    """Take a relationship away. As package_relationship_create."""
    subject, _other, relation = _given(call)

    def change(before: DatasetRecord) -> DatasetRecord:
        if relation not in before.relations:
            raise NotFound("This relationship was not found.")
        return replace(before, relations=tuple(one for one in before.relations if one != relation))

    call.became(changing.change(call.catalogue, call.actor, subject, change))
    return None


@action("package_relationships_list", reads=True)
def package_relationships_list(call: Call) -> Json:
    """How a dataset is related to others of this site; what it says of links stands in its extra `relations`.

    id: a dataset. id2: only those to this one. rel: only of this type.
    """
    found = ckan_packages.shown(call.catalogue, call.actor, call.data.required("id", "id1")).record
    second, wanted = call.data.text("id2"), call.data.text("rel")
    return [
        _told(found.slug, one.target_slug, one.kind)
        for one in found.relations
        if one.kind in TYPES
        and one.target_slug
        and second in ("", one.target_slug, str(one.target_id))
        and wanted in ("", TYPES[one.kind])
    ]


def _given(call: Call) -> tuple[str, DatasetRecord, Relation]:
    """The subject, the object, which the asker must be able to write too, and their relation."""
    demand_writer(call)
    subject, named, word = call.data.all_of("subject", "object", "type")
    kind = KINDS.get(word)
    if kind is None:
        raise ValidationError({"type": [f"Value must be one of {', '.join(KINDS)}"]})
    other = attaching.current(call.catalogue, call.actor, named)
    return subject, other, Relation(kind, target_id=other.id)


def _told(subject: str, other: str, kind: str) -> Json:
    return {"subject": subject, "object": other, "type": TYPES[kind], "comment": ""}
