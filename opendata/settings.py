"""Every setting of the site: one frozen dataclass per table of config.toml, with default, help and what is allowed.

Ground floor, read by opendata.config. tests/test_docs.py holds config.toml and docs/settings.md to this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def setting(
    default: Any,
    help_text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    item: type[Any] | None = None,
) -> Any:
    """A dataclass field with its default, help line and bounds (both ends allowed).

    A secret comes from the environment, or from a file that the environment names, and is never shown. `item` is the
    dataclass of each entry where the value is a list of tables ([[table.key]]).
    """
    metadata = {"help": help_text, "low": low, "high": high, "choices": choices, "secret": secret, "item": item}
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class SiteSettings:
    """[site]"""

    title: str = setting("Open Data.kz", "Name of the catalogue, on every page and in every export.")
    description: str = setting("", "One sentence on the catalogue in every export. Empty: the site's own words.")
    publisher: str = setting("", "Who runs the catalogue, as exports name it. Empty: the title.")
    url: str = setting("", "Base of every absolute link. Empty: the http://HOST:PORT that `serve` was given.")
    contact_email: str = setting("", "Where visitors write to; shown in the footer and in OAI-PMH Identify.")
    timezone: str = setting("Asia/Almaty", "Time zone in which days fixed by law or contract are read.")
    metadata_license_id: str = setting("CC0-1.0", "Licence of the catalogue's own metadata.")


@dataclass(frozen=True)
class DatabaseSettings:
    """[database]"""

    url: str = setting("", "SQLAlchemy URL. Empty: SQLite below OPENDATA_HOME. PostgreSQL: postgresql+psycopg://…")
    busy_timeout_seconds: int = setting(30, "How long a SQLite writer waits for another.", low=1, high=600)


@dataclass(frozen=True)
class FilesSettings:
    """[files]"""

    backend: str = setting("local", "Where files are kept.", choices=("local", "s3"))
    folder: str = setting("files", "Folder of the local store; relative paths are below OPENDATA_HOME.")
    max_bytes: int = setting(2 * 1024**3, "The largest file that is stored, in bytes.", low=1024, high=1024**4)
    harvested_versions: int = setting(
        3, "Former copies kept of a file that its source changes; what people replace is all kept.", low=0, high=1000
    )
    s3_bucket: str = setting("", "Bucket of the S3 store.")
    s3_prefix: str = setting("", "Prefix of every key in the bucket.")
    s3_endpoint_url: str = setting("", "Address of an S3 server other than Amazon's.")
    s3_region: str = setting("us-east-1", "Region that requests are signed for (s3v4).")
    s3_links: bool = setting(False, "Send downloads of public files to the S3 server, by signed links.")
    s3_links_seconds: int = setting(300, "How long such a link lets a download begin.", low=5, high=86_400)
    s3_links_endpoint_url: str = setting("", "Address of the S3 server for browsers. Empty: s3_endpoint_url.")


@dataclass(frozen=True)
class SearchSettings:
    """[search]"""

    engine: str = setting("whoosh", "Search engine.", choices=("whoosh",))
    folder: str = setting("index", "Folder of the embedded index; relative paths are below OPENDATA_HOME.")
    build_processes: int = setting(0, "Processes that write a rebuilt index. 0: one per core.", low=0, high=64)
    concurrent: int = setting(8, "Searches at once in one web process; further ones wait.", low=1, high=1000)
    wait_seconds: float = setting(5.0, "How long a further search waits before 503.", low=0, high=60)


@dataclass(frozen=True)
class JobsSettings:
    """[jobs]"""

    lease_seconds: int = setting(60, "A job whose worker is silent this long is taken over.", low=5, high=3600)
    poll_seconds: float = setting(1.0, "How often an idle worker looks for work.", low=0.05, high=60)
    read_seconds: float = setting(40.0, "Most time for reading the text of one file.", low=1, high=3600)
    read_memory_bytes: int = setting(
        2 * 1024**3, "Most memory of the process that reads a file.", low=256 * 1024**2, high=1024**4
    )
    read_pages: int = setting(5000, "Most pages read of one file.", low=1, high=1_000_000)
    ocr: bool = setting(True, "Recognise scanned pages where Tesseract's data is present.")
    ocr_pages: int = setting(300, "Most scanned pages recognised of one file.", low=1, high=100_000)


@dataclass(frozen=True)
class HarvestSettings:
    """[harvest]"""

    allow_addresses: tuple[str, ...] = setting((), "Private addresses or networks that harvesters may reach.")
    folders: tuple[str, ...] = setting((), "Directories that a folder source made at the desk or by API may name.")
    timeout_seconds: float = setting(30.0, "Time-out of one request.", low=1, high=600)
    retries: int = setting(3, "How often a failed request is repeated.", low=0, high=20)
    pace_seconds: float = setting(0.0, "Shortest time between two requests to one host.", low=0, high=3600)
    max_response_bytes: int = setting(64 * 1024**2, "Largest answer that is read as metadata.", low=1024, high=1024**3)
    fetch_files: bool = setting(True, "Fetch linked files, store and read them.")
    max_file_bytes: int = setting(200 * 1024**2, "Largest linked file that is fetched.", low=1024, high=1024**4)
    concurrency: int = setting(
        4, "Sources that one worker harvests at once; as many files are fetched.", low=1, high=64
    )
    per_host: int = setting(2, "Sources, or files, of one host at once, over all workers.", low=1, high=64)
    job_seconds: int = setting(
        21_600, "Longest run of one source; it goes on from there at its next run.", low=1, high=7 * 86_400
    )
    record_seconds: float = setting(60.0, "Longest work on one record; then it fails alone.", low=0.1, high=3600)
    withdraw_share: float = setting(
        0.2, "Share of a source's records that may vanish at once without a person saying so.", low=0, high=1
    )
    grace_days: int = setting(
        7, "Days for which a record may be missing from complete listings before it is withdrawn.", low=0, high=3650
    )
    full_days: int = setting(
        7, "Days after which a source that is read by its changes is listed in full again.", low=0, high=3650
    )
    overlap_seconds: int = setting(
        3600, "How far before its last run a source is asked for changes again.", low=0, high=30 * 86_400
    )
    keep_raws: int = setting(20, "Earlier originals kept of each harvested record.", low=0, high=1000)
    link_days: int = setting(14, "Days between two visits to a link; 0 means never.", low=0, high=3650)
    jitter: float = setting(
        0.1, "Share of its interval by which a harvest may come later, so that not all come at once.", low=0, high=0.5
    )
    robots: bool = setting(True, "Honour robots.txt where pages are crawled.")


@dataclass(frozen=True)
class MailSettings:
    """[mail]"""

    host: str = setting("", "Mail server of letters and alerts. Empty: letters are shown on the worker's console.")
    port: int = setting(587, "Its port.", low=1, high=65_535)
    security: str = setting(
        "starttls", "How the connection is kept from being read.", choices=("starttls", "tls", "none")
    )
    user: str = setting("", "Account at the mail server. Empty: none is needed.")
    password: str = setting("", "Password of that account.", secret=True)
    sender: str = setting("", "Address that mail comes from. Empty: that of [site] contact_email.")
    digest_hours: int = setting(24, "Least hours between two digests to one receiver of alerts.", low=1, high=720)


@dataclass(frozen=True)
class UploadSettings:
    """[upload]"""

    max_bytes: int = setting(100 * 1024**2, "Largest request body that the web accepts.", low=1024, high=1024**4)
    package_bytes: int = setting(
        4 * 1024**3, "Largest bulk upload in all, however it arrives, in bytes.", low=1024, high=1024**4
    )
    max_rows: int = setting(50_000, "Most filled rows in one sheet of a bulk upload.", low=1, high=1_000_000)


@dataclass(frozen=True)
class RecordsSettings:
    """[records]"""

    revisions: int = setting(
        200, "States kept of one record; of more, those between the first and the newer half go.", low=10, high=100_000
    )


@dataclass(frozen=True)
class SecuritySettings:
    """[security]"""

    trusted_proxies: tuple[str, ...] = setting((), "Addresses or networks whose X-Forwarded-For is believed.")
    allowed_hosts: tuple[str, ...] = setting((), "Host names answered to. Empty: that of [site] url, and loopback.")
    searches_per_minute: int = setting(
        60, "Searches a minute from one address; 0 means no limit.", low=0, high=1_000_000
    )
    comparisons_per_minute: int = setting(
        10, "Texts compared with the catalogue a minute from one address; 0 means no limit.", low=0, high=1_000_000
    )
    downloads_per_minute: int = setting(
        120, "Downloads a minute from one address; 0 means no limit.", low=0, high=1_000_000
    )
    api_per_minute: int = setting(
        600, "Requests to /api/v1 a minute from one address without a token; 0 means no limit.", low=0, high=1_000_000
    )
    api_account_per_minute: int = setting(
        6000, "Requests to /api/v1 a minute of one account; 0 means no limit.", low=0, high=1_000_000
    )
    sign_in_attempts: int = setting(
        10, "Failed sign-ins in 15 minutes: per account, address and known browser (docs/sign-in.md).", low=1, high=1000
    )
    session_days: int = setting(14, "How long a session lasts.", low=1, high=365)
    address_days: int = setting(
        90, "How long the audit, sessions and readers' reports keep network addresses.", low=1, high=3650
    )
    session_idle_hours: int = setting(
        72, "Hours without use after which a session ends before that; 0 means never.", low=0, high=8760
    )
    invitation_days: int = setting(7, "How long the link of an invitation works.", low=1, high=90)
    second_factor: str = setting(
        "optional",
        "Who must have a second factor to sign in; the others may. Each word names those before it as well.",
        choices=("optional", "sysadmins", "admins", "editors", "everybody"),
    )


@dataclass(frozen=True)
class ProviderSettings:
    """[[sign_in.providers]]"""

    name: str = setting("", "Its name in addresses: small Latin letters, digits and hyphens. Not changed later.")
    title: str = setting("", "What its button says. Empty: the name.")
    issuer: str = setting("", "Its address, exactly as its discovery document names it.")
    client_id: str = setting("", "By which it knows this site.")
    scopes: tuple[str, ...] = setting(("openid", "email", "profile"), "What it is asked for.")
    create: str = setting(
        "never",
        "Whether people without an account get one: those with a verified e-mail of `domains`.",
        choices=("never", "member-domain"),
    )
    domains: tuple[str, ...] = setting((), "Domains of e-mails that are members of the house.")
    verified_emails: bool = setting(False, "Take its e-mails for verified though it does not say so of each.")
    second_factor: bool = setting(False, "It asks for a second factor itself: ours is not asked for after it.")


@dataclass(frozen=True)
class SignInSettings:
    """[sign_in]"""

    providers: tuple[ProviderSettings, ...] = setting(
        (), "Providers of single sign-on by OpenID Connect, in the order of their buttons.", item=ProviderSettings
    )
    client_secrets: str = setting("", "One line NAME=SECRET for each provider that gave one.", secret=True)
    allow_addresses: tuple[str, ...] = setting((), "Private addresses or networks at which providers may be.")
    timeout_seconds: float = setting(8.0, "How long a provider may be silent.", low=1, high=60)

    @property
    def secrets(self) -> dict[str, str]:
        """The client secret of each provider that has one, by its name."""
        lines = (line.strip().partition("=") for line in self.client_secrets.splitlines())
        return {name.strip(): secret.strip() for name, _, secret in lines if name and secret.strip()}


@dataclass(frozen=True)
class LanguagesSettings:
    """[languages]"""

    enabled: tuple[str, ...] = setting(("kk", "ru", "en"), "Languages of the interface, in the order of the switch.")
    default: str = setting(
        "kk", "Language where neither address, cookie nor browser says one.", choices=("kk", "ru", "en")
    )


@dataclass(frozen=True)
class LoggingSettings:
    """[logging]"""

    level: str = setting("INFO", "Least severity that is logged.", choices=("DEBUG", "INFO", "WARNING", "ERROR"))


@dataclass(frozen=True)
class Settings:
    """All tables."""

    site: SiteSettings = field(default_factory=SiteSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    jobs: JobsSettings = field(default_factory=JobsSettings)
    harvest: HarvestSettings = field(default_factory=HarvestSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    upload: UploadSettings = field(default_factory=UploadSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    languages: LanguagesSettings = field(default_factory=LanguagesSettings)
    logging: LoggingSettings = field(default_factory=LoggingSettings)


TABLES: dict[str, type[Any]] = {
    "site": SiteSettings,
    "database": DatabaseSettings,
    "files": FilesSettings,
    "search": SearchSettings,
    "jobs": JobsSettings,
    "harvest": HarvestSettings,
    "mail": MailSettings,
    "upload": UploadSettings,
    "records": RecordsSettings,
    "security": SecuritySettings,
    "sign_in": SignInSettings,
    "languages": LanguagesSettings,
    "logging": LoggingSettings,
}
"""Name of every table and its dataclass, in the order of config.toml."""
