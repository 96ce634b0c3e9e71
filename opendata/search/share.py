"""One process's share of a rebuild: it looks at documents and puts them away, and later writes them as a segment."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from opendata.search.analysis import Analyser, default_analyser
from opendata.search.document import SearchDocument
from opendata.search.index import Keep
from opendata.search.survey import Findings, Survey
from opendata.search.whoosh_area import empty_index
from opendata.search.whoosh_build import Made
from opendata.search.whoosh_postings import BulkWriter
from opendata.search.whoosh_schema import whoosh_fields

_LENGTH_BYTES = 8


class Share:
    """A part of the build in `folder`: first `take` documents, then `write` them all once it is known what with.

    Documents are kept in a file between the two, because reading them from the store again would take much longer.
    """

    def __init__(self, folder: Path, fixed: Analyser | None, keep: Keep | None) -> None:
        folder.mkdir()
        self.folder = folder
        self._keep = keep
        self._survey = Survey(folder, fixed or default_analyser())
        self._spool = (folder / "documents").open("w+b")

    def take(self, documents: Sequence[SearchDocument]) -> None:
        """Some more."""
        self._survey.add(documents)
        packed = zlib.compress(pickle.dumps(documents, pickle.HIGHEST_PROTOCOL), 1)
        self._spool.write(len(packed).to_bytes(_LENGTH_BYTES))
        self._spool.write(packed)

    def findings(self) -> Findings:
        """What was learned of all that was taken."""
        return self._survey.findings()

    def write(self, made: Made, written: Callable[[int], None]) -> None:
        """Write all of them as one segment of an index in the folder; tells how many more are written."""
        writer = BulkWriter(empty_index(self.folder))
        for documents in self._taken():
            for document in documents:
                index_document(writer, document, made, self._keep)
            written(len(documents))
        writer.commit()

    def close(self) -> None:
        """Give up the file of documents."""
        self._spool.close()

    def _taken(self) -> Iterator[Sequence[SearchDocument]]:
        self._spool.seek(0)
        while head := self._spool.read(_LENGTH_BYTES):
            yield pickle.loads(zlib.decompress(self._spool.read(int.from_bytes(head))))  # noqa: S301 - our own file


def index_document(writer: BulkWriter, document: SearchDocument, made: Made, keep: Keep | None) -> None:
    """Write one document with what its build is made with."""
    writer.add_document(**whoosh_fields(document, made.analyser, made.lengths, keep))
