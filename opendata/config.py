"""The effective settings: built-in defaults, then config.toml, then OPENDATA_<TABLE>__<KEY> of the environment.

A wrong table, key, type or value raises ConfigError naming file (or variable), table, key and what is allowed.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opendata.errors import ConfigError
from opendata.settings import TABLES, Settings

_NOT_SETTINGS = ("OPENDATA_HOME", "OPENDATA_CONFIG", "OPENDATA_REALDATA")
LANGUAGES = ("kk", "ru", "en")
DATABASES = ("", "sqlite", "postgresql", "postgres", "postgresql+psycopg")
DATABASE_FORMS = "Allowed: sqlite:///PATH, postgresql+psycopg://USER:PASSWORD@HOST/NAME, or nothing."
NAMED_FILE = "_FILE"
"""At the end of a variable of a secret: it names the file that holds it."""
_PROVIDER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Config(Settings):
    """The settings of one site, and `home`, the absolute folder that holds store, files, index and pages."""

    home: Path = field(default_factory=lambda: Path("data").absolute())
    origin: str = "built-in defaults"

    def below_home(self, path: str) -> Path:
        """`path` as it is when absolute, else below home."""
        return self.home / path

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database.url or f"sqlite:///{self.home / 'catalogue.sqlite'}"

    def with_url(self, url: str) -> Config:
        """The same settings with `[site] url` filled where it was left empty."""
        return self if self.site.url else replace(self, site=replace(self.site, url=url))


def load_config(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The settings in force. `path`, else OPENDATA_CONFIG, else ./config.toml if there, else the defaults."""
    chosen = path or (Path(environ["OPENDATA_CONFIG"]) if environ.get("OPENDATA_CONFIG") else None)
    if chosen is None and Path("config.toml").is_file():
        chosen = Path("config.toml")
    raw = _read(chosen) if chosen else {}
    given: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
    said: dict[tuple[str, str], str] = {}
    for table, values in raw.items():
        _check_table(table, values, f"{chosen}")
        for key, value in values.items():
            _refuse_secret(table, key, f"{chosen}")
            given[table][key], said[table, key] = _checked(table, key, value, f"{chosen}"), f"{chosen}"
    for variable, text in environ.items():
        if (found := _variable(variable)) is not None:
            said[found] = f"environment variable {variable}"
            value = _secret(variable, text) if variable.endswith(NAMED_FILE) else _from_text(*found, text)
            given[found[0]][found[1]] = _checked(*found, value, said[found])
    tables = {name: TABLES[name](**values) for name, values in given.items()}
    home = Path(environ.get("OPENDATA_HOME") or "data").absolute()
    config = Config(**tables, home=home, origin=str(chosen) if chosen else "built-in defaults")
    for table, key, problem in _problems(config):
        raise ConfigError(f"{said.get((table, key), config.origin)}: [{table}] {key}: {problem}")
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file. Name an existing one by --config or OPENDATA_CONFIG."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _check_table(table: str, values: object, origin: str) -> None:
    if table not in TABLES:
        raise ConfigError(f"{origin}: unknown table [{table}]. Allowed: {', '.join(f'[{t}]' for t in TABLES)}.")
    if not isinstance(values, dict):
        raise ConfigError(f"{origin}: {table} must be a table: write [{table}] on a line of its own.")


def _field(table: str, key: str, origin: str) -> Field[Any]:
    known = {f.name: f for f in fields(TABLES[table])}
    if key not in known:
        raise ConfigError(f"{origin}: unknown key {key!r} in [{table}]. Allowed: {', '.join(known)}.")
    return known[key]


def _refuse_secret(table: str, key: str, origin: str) -> None:
    if _field(table, key, origin).metadata["secret"]:
        variable = f"OPENDATA_{table}__{key}".upper()
        raise ConfigError(
            f"{origin}: [{table}] {key}: secrets do not belong into this file. Set the environment variable "
            f"{variable}, or name a file that holds it by {variable}{NAMED_FILE}."
        )


def _secret(variable: str, path: str) -> str:
    """What the file holds that the variable names, without the end of its line."""
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise ConfigError(f"environment variable {variable}: {path} cannot be read: {error}") from None


def _checked(table: str, key: str, value: object, origin: str) -> object:
    """`value` in the type of its field, or ConfigError."""
    spec, where = _field(table, key, origin), f"{origin}: [{table}] {key}"
    if spec.metadata["item"]:
        return _items(f"{table}.{key}", spec.metadata["item"], value, origin)
    return _typed(spec, value, where)


def _items(name: str, kind: type[Any], value: object, origin: str) -> tuple[Any, ...]:
    """The entries of a list of tables."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ConfigError(f"{origin}: {name} is a list of tables: write [[{name}]] above the lines of each.")
    known, made = {spec.name: spec for spec in fields(kind)}, []
    for number, entry in enumerate(value, 1):
        where = f"{origin}: [[{name}]] number {number}"
        if wrong := [key for key in entry if key not in known]:
            raise ConfigError(f"{where}: unknown key {wrong[0]!r}. Allowed: {', '.join(known)}.")
        made.append(kind(**{key: _typed(known[key], one, f"{where}: {key}") for key, one in entry.items()}))
    return tuple(made)


def _typed(spec: Field[Any], value: object, where: str) -> object:
    if str(spec.type).startswith("tuple"):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f'{where}: {value!r} is not a list of strings, such as ["one", "two"].')
        return tuple(value)
    wanted = _TYPES[str(spec.type)]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise ConfigError(f"{where}: {value!r} is a {type(value).__name__}, a {wanted.__name__} is wanted.")
    _check_bounds(spec, value, where)
    return value


def _check_bounds(spec: Field[Any], value: Any, where: str) -> None:
    low, high, choices = spec.metadata["low"], spec.metadata["high"], spec.metadata["choices"]
    if choices and value not in choices:
        raise ConfigError(f"{where}: {value!r} is not allowed. Allowed: {', '.join(choices)}.")
    if low is not None and not low <= value <= high:
        raise ConfigError(f"{where}: {value!r} is out of bounds. Allowed: {low} to {high}.")


def _variable(name: str) -> tuple[str, str] | None:
    """(table, key) of OPENDATA_<TABLE>__<KEY>; None for variables that are no settings."""
    if not name.startswith("OPENDATA_") or name in _NOT_SETTINGS or name.startswith("OPENDATA_TEST_"):
        return None
    table, separator, key = name.removeprefix("OPENDATA_").lower().partition("__")
    if not separator:
        raise ConfigError(
            f"environment variable {name}: not a setting. Settings are OPENDATA_<TABLE>__<KEY>; "
            f"besides them there are {', '.join(_NOT_SETTINGS)} and OPENDATA_TEST_…."
        )
    _check_table(table, {}, f"environment variable {name}")
    inner = key.removesuffix(NAMED_FILE.lower())
    if inner != key and any(f.name == inner and f.metadata["secret"] for f in fields(TABLES[table])):
        return table, inner
    _field(table, key, f"environment variable {name}")
    return table, key


def _from_text(table: str, key: str, text: str) -> object:
    """An environment value in the type of its field; lists are separated by commas; what does not fit stays text."""
    spec = _field(table, key, "")
    if spec.metadata["item"]:
        return _json(text)
    kind = str(spec.type)
    if kind.startswith("tuple"):
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind == "bool":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text


def _json(text: str) -> object:
    try:
        return json.loads(text or "[]")
    except ValueError:
        return text


def _problems(config: Config) -> Iterator[tuple[str, str, str]]:
    """Table, key and what is wrong, by rules that no type can say."""
    try:
        ZoneInfo(config.site.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield "site", "timezone", f"{config.site.timezone!r} is no time zone of the IANA database, such as Asia/Almaty."
    if config.site.url and not _is_address(config.site.url):
        yield "site", "url", f"{config.site.url!r} is not of the form https://host[:port]."
    if config.database.url.partition(":")[0] not in DATABASES:
        yield "database", "url", f"{mask_password(config.database.url)!r} is no URL of a database. {DATABASE_FORMS}"
    elif (
        config.database.url.partition("?")[0].count("@") > 1
    ):  # the driver would take the rest for the host, and say it
        yield "database", "url", f"{mask_password(config.database.url)!r} has more than one @. Write %40 in a password."
    wrong = [language for language in config.languages.enabled if language not in LANGUAGES]
    if wrong or not config.languages.enabled:
        yield "languages", "enabled", f"{wrong or 'empty'}. Allowed: some of {', '.join(LANGUAGES)}."
    if config.languages.default not in config.languages.enabled:
        yield "languages", "default", f"{config.languages.default!r} is not among enabled."
    if config.files.backend == "s3" and not config.files.s3_bucket:
        yield "files", "s3_bucket", "must be named when backend is s3."
    for key in ("s3_endpoint_url", "s3_links_endpoint_url"):
        address = getattr(config.files, key)
        if address and not _is_address(address):
            yield "files", key, f"{address!r} is not of the form https://host[:port]."
    if config.mail.host and "@" not in (config.mail.sender or config.site.contact_email):
        yield "mail", "sender", "must be an address that mail comes from, or [site] contact_email must be one."
    for problem in _provider_problems(config):
        yield "sign_in", "providers", problem
    networks = (("harvest", "allow_addresses"), ("security", "trusted_proxies"), ("sign_in", "allow_addresses"))
    for table, key in networks:
        for entry in getattr(getattr(config, table), key):
            if not _is_network(entry):
                yield table, key, f"{entry!r} is neither an address nor a network, such as 10.0.0.0/8."


def _provider_problems(config: Config) -> Iterator[str]:
    """What is wrong with the providers of single sign-on."""
    names = [provider.name for provider in config.sign_in.providers]
    for provider in config.sign_in.providers:
        if not _PROVIDER_NAME.fullmatch(provider.name) or names.count(provider.name) > 1:
            yield f"{provider.name!r}: each needs its own name, of at most 40 small Latin letters, digits, hyphens."
        if not _is_issuer(provider.issuer):
            yield f"{provider.name}: {provider.issuer!r} is no issuer: https://…, without query or fragment."
        if not provider.client_id:
            yield f"{provider.name}: client_id must be given."
        if "openid" not in provider.scopes:
            yield f'{provider.name}: scopes must hold "openid".'
        if provider.create != "never" and not provider.domains:
            yield f"{provider.name}: create is {provider.create!r}, so domains must name some."
    unknown = sorted(set(config.sign_in.secrets) - set(names))
    if any(not _PROVIDER_NAME.fullmatch(name) for name in unknown):  # it may well be the secret itself
        yield "client_secrets: each line is NAME=SECRET, and NAME that of a provider."
    elif unknown:
        yield f"client_secrets names {', '.join(unknown)}, which is none of the providers."


def _is_issuer(url: str) -> bool:
    """OpenID Connect Discovery 1.0 §3: https, no query, no fragment. Plain http only within this machine."""
    if not _is_address(url) or len(url) > 400 or "?" in url or "#" in url or "@" in url:
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_network(entry: str) -> bool:
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def shown(config: Config) -> dict[str, dict[str, Any]]:
    """Every table with its values for people; secrets, and the password inside a database URL, are masked."""
    tables = {name: asdict(getattr(config, name)) for name in TABLES}
    for name, table in TABLES.items():
        tables[name] |= {
            f.name: "***" for f in fields(table) if f.metadata["secret"] and getattr(getattr(config, name), f.name)
        }
    tables["database"]["url"] = mask_password(config.database_url)
    return tables


def mask_password(url: str) -> str:
    """`url` with every password in it replaced by ***: the one before the '@', and one given as a parameter."""
    masked = re.sub(r"(://[^/@:]*):.*@", r"\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", masked, flags=re.IGNORECASE)
