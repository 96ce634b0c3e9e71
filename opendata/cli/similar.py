"""similar: whether a question was studied already, the same comparison as the site makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import counted, print_json, print_rows, say

if TYPE_CHECKING:
    from opendata.services.similar_results import Match, Similar, Similarity


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--record", default="", metavar="SLUG", help="Compare a dataset or study of the catalogue instead.")
@json_option
@pass_context
def similar(context: Context, file: Path | None, record: str, as_json: bool) -> None:
    """Find the records that resemble a file, or a record, with the passages that stand in both."""
    if (file is None) == (not record):
        raise click.UsageError("Give either a FILE or --record SLUG.")
    found = _found(context, file, record)
    rows = [_row(one) for one in (*found.same_words, *found.same_subject)]
    if as_json:
        whole = zip(rows, (*found.same_words, *found.same_subject), strict=True)
        items = [{**row, "passages": [_passage(match) for match in one.matches]} for row, one in whole]
        said = {"words": found.words, "compared": found.compared, "cut": found.cut, "unfinished": found.unfinished}
        print_json({**said, "close": len(found.close), "items": items})
        return
    print_rows(rows)
    say(f"Compared with {counted(found.compared, 'record')}; {len(found.close)} of them close to it.")
    if found.cut or found.unfinished:
        say("Not all of the text or not all likely records were compared.")


def _found(context: Context, file: Path | None, record: str) -> Similarity:
    from opendata.services import similar as comparing
    from opendata.services import similar_upload
    from opendata.services.actors import PUBLIC

    if file is None:
        return comparing.of_record(context.catalogue, PUBLIC, record)
    with file.open("rb") as stream:
        return similar_upload.of_file(context.catalogue, PUBLIC, stream, file.name)


def _row(one: Similar) -> dict[str, object]:
    """`share` of the given text and of the record (`reverse`) from 0 to 1; `telling` of the telling words."""
    shares = {"share": one.share, "reverse": one.reverse, "telling": one.telling}
    return {
        "close": one.close,
        **{name: round(value, 3) for name, value in shares.items()},
        "kind": one.card.kind,
        "slug": one.card.record.slug,
        "title": one.card.record.title.show("en").value,
    }


def _passage(match: Match) -> dict[str, object]:
    place = match.found_place
    return {
        "words": match.words,
        "given_page": match.given_place.page,
        "given": "".join(piece.text for piece in match.given),
        "resource": str(place.resource.id) if place.resource else "",
        "file": place.resource.filename if place.resource else "",
        "page": place.page,
        "found": "".join(piece.text for piece in match.found),
    }


COMMANDS = (similar,)
