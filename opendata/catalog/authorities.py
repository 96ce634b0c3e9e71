"""Codes of ours as addresses that every portal of the world knows: languages, file types, access, types of records.

Tables of the Publications Office of the EU (op.europa.eu/en/web/eu-vocabularies), IANA's media types, and the resource
types of COAR (vocabularies.coar-repositories.org). Themes and frequencies are in vocabularies.py.
"""

from __future__ import annotations

from opendata.catalog.languages import three_letters
from opendata.catalog.records import DatasetType
from opendata.catalog.values import DisclosureStatus

EU = "http://publications.europa.eu/resource/authority/"
MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_COAR = "http://purl.org/coar/resource_type/"
_TYPES = {
    DatasetType.DATASET: "c_ddb1",
    DatasetType.REPORT: "c_93fc",
    DatasetType.ARTICLE: "c_6501",
    DatasetType.THESIS: "c_46ec",
    DatasetType.BOOK: "c_2f33",
    DatasetType.PRESENTATION: "R60J-J5BD",
    DatasetType.SOFTWARE: "c_5ce6",
    DatasetType.MAP: "c_12cd",
    DatasetType.IMAGE: "c_c513",
    DatasetType.OTHER: "c_1843",
}
_ACCESS = {
    DisclosureStatus.OPEN: "PUBLIC",
    DisclosureStatus.PARTLY: "PUBLIC",
    DisclosureStatus.EMBARGOED: "RESTRICTED",
    DisclosureStatus.WITHHELD: "NON_PUBLIC",
}
_SAME = (
    "7Z BMP BZIP2 CSV DBF DOC DOCX DWG DXF EPUB GDB GIF GML GPKG GZIP HDF HTML ICS JPEG JSON KML KMZ MDB ODP ODS ODT "
    "PDF PNG PPT PPTX RAR RDF RSS RTF SHP SQL SVG TAR TIFF TSV TXT WARC XLS XLSB XLSM XLSX XML XZ ZIP"
)
"""Formats that are called there as we call them."""
_FILE_TYPES = {
    **{name: name for name in _SAME.split()},
    "Atom": "ATOM",
    "GeoJSON": "GEOJSON",
    "JSON-LD": "JSON_LD",
    "TTL": "RDF_TURTLE",
    "N-Triples": "RDF_N_TRIPLES",
    "NetCDF": "NETCDF",
    "MP4": "MPEG4",
    "WMS": "WMS_SRVC",
    "WFS": "WFS_SRVC",
    "WCS": "WCS_SRVC",
}


def language_uri(code: str) -> str:
    """The EU's address of a language (ISO 639-1, or 639-3 where there is none); "" for what is no such code."""
    three = three_letters(code)
    return f"{EU}language/{three.upper()}" if three else ""


def file_type_uri(name: str) -> str:
    """The EU's address of a format by our short name; "" for one that the table does not have."""
    return f"{EU}file-type/{_FILE_TYPES[name]}" if name in _FILE_TYPES else ""


def media_type_uri(media_type: str) -> str:
    """IANA's address of a media type."""
    return f"{MEDIA_TYPES}{media_type}" if "/" in media_type else ""


def access_uri(status: DisclosureStatus) -> str:
    """The EU's address of what a disclosure comes to. What is partly open is public as far as it is here."""
    return f"{EU}access-right/{_ACCESS[status]}"


def type_uri(kind: DatasetType) -> str:
    """COAR's address of a type of record; "" for one that COAR does not have."""
    return f"{_COAR}{_TYPES[kind]}" if kind in _TYPES else ""
