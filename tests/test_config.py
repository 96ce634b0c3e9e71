"""Settings: where they come from, and what is said of a wrong one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from opendata.config import Config, load_config, mask_password, shown
from opendata.errors import ConfigError
from opendata.settings import TABLES


def config(tmp_path: Path, text: str = "", **environ: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return load_config(path, {"OPENDATA_HOME": str(tmp_path), **environ})


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load_config(environ={})
    assert (found.home, found.origin) == (tmp_path / "data", "built-in defaults")
    assert found == dataclasses.replace(Config(), home=found.home)
    assert found.database_url == f"sqlite:///{tmp_path / 'data' / 'catalogue.sqlite'}"


def test_the_shipped_file_says_the_defaults(tmp_path: Path) -> None:
    shipped = load_config(Path(__file__).parent.parent / "config.toml", {})
    for name, table in TABLES.items():
        assert getattr(shipped, name) == table()


def test_the_order_is_defaults_file_environment(tmp_path: Path) -> None:
    text = '[site]\ntitle = "Ours"\ncontact_email = "a@example.org"\n[search]\nwait_seconds = 2\n'
    found = config(tmp_path, text, OPENDATA_SITE__TITLE="Theirs")
    assert (found.site.title, found.site.contact_email, found.search.wait_seconds) == ("Theirs", "a@example.org", 2.0)
    assert found.search.concurrent == 8


def test_a_file_is_named_by_option_then_variable_then_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("option", "variable", "config"):
        (tmp_path / f"{name}.toml").write_text(f'[site]\ntitle = "{name}"\n')
    monkeypatch.chdir(tmp_path)
    environ = {"OPENDATA_CONFIG": str(tmp_path / "variable.toml")}
    assert load_config(tmp_path / "option.toml", environ).site.title == "option"
    assert load_config(environ=environ).site.title == "variable"
    assert load_config(environ={}).site.title == "config"


@pytest.mark.parametrize(
    ("variable", "text", "read"),
    [
        ("OPENDATA_HARVEST__FOLDERS", "/a, /b ,", ("harvest", "folders", ("/a", "/b"))),
        ("OPENDATA_HARVEST__FOLDERS", "", ("harvest", "folders", ())),
        ("OPENDATA_JOBS__OCR", "no", ("jobs", "ocr", False)),
        ("OPENDATA_JOBS__OCR", "TRUE", ("jobs", "ocr", True)),
        ("OPENDATA_SEARCH__CONCURRENT", "3", ("search", "concurrent", 3)),
        ("OPENDATA_JOBS__POLL_SECONDS", "0.5", ("jobs", "poll_seconds", 0.5)),
    ],
)
def test_every_type_can_stand_in_the_environment(
    tmp_path: Path, variable: str, text: str, read: tuple[str, str, object]
) -> None:
    table, key, value = read
    assert getattr(getattr(config(tmp_path, **{variable: text}), table), key) == value


def test_a_secret_comes_from_the_environment_or_from_a_file_that_it_names(tmp_path: Path) -> None:
    assert config(tmp_path, OPENDATA_MAIL__PASSWORD="pass word").mail.password == "pass word"
    (tmp_path / "secret").write_text("from a file\n")
    found = config(tmp_path, OPENDATA_MAIL__PASSWORD_FILE=str(tmp_path / "secret"))
    assert found.mail.password == "from a file"
    assert shown(found)["mail"]["password"] == "***"
    assert shown(Config())["mail"]["password"] == ""


def test_a_secret_does_not_stand_in_the_file_of_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="OPENDATA_MAIL__PASSWORD_FILE"):
        config(tmp_path, '[mail]\npassword = "1"\n')
    with pytest.raises(ConfigError, match=r"PASSWORD_FILE.*absent"):
        config(tmp_path, OPENDATA_MAIL__PASSWORD_FILE=str(tmp_path / "absent"))
    with pytest.raises(ConfigError, match="host_file"):
        config(tmp_path, OPENDATA_MAIL__HOST_FILE="x")


def test_mail_needs_somebody_whom_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sender"):
        config(tmp_path, OPENDATA_MAIL__HOST="mail.example.org")


def test_variables_that_are_no_settings_are_left_alone(tmp_path: Path) -> None:
    config(tmp_path, OPENDATA_REALDATA="/x", OPENDATA_CONFIG="", OPENDATA_TEST_ANYTHING="1", PATH="/bin")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sight]\n", ["config.toml", "[sight]", "[site]", "[logging]"]),
        ("site = 3\n", ["config.toml", "site", "table"]),
        ("[site]\nname = 'x'\n", ["config.toml", "[site]", "'name'", "title", "timezone"]),
        ("[search]\nconcurrent = 'many'\n", ["config.toml", "[search] concurrent", "'many'", "int"]),
        ("[search]\nconcurrent = 0\n", ["config.toml", "[search] concurrent", "0", "1 to 1000"]),
        ("[search]\nconcurrent = true\n", ["[search] concurrent", "True", "int"]),
        ("[jobs]\nocr = 1\n", ["[jobs] ocr", "1", "bool"]),
        ("[logging]\nlevel = 'LOUD'\n", ["[logging] level", "'LOUD'", "DEBUG, INFO"]),
        ("[harvest]\nfolders = '/a'\n", ["[harvest] folders", "list of strings"]),
        ("[harvest]\nfolders = [1]\n", ["[harvest] folders", "list of strings"]),
        ("[harvest]\nallow_addresses = ['10.0.0.0/99']\n", ["config.toml: [harvest] allow_addresses", "10.0.0.0/99"]),
        ("[security]\ntrusted_proxies = ['proxy']\n", ["[security] trusted_proxies", "'proxy'", "network"]),
        ("[site]\ntimezone = 'Asia/Atlantis'\n", ["config.toml: [site] timezone", "Asia/Atlantis", "Asia/Almaty"]),
        ("[site]\nurl = 'example.org'\n", ["[site] url", "example.org", "https://"]),
        ("[site]\nurl = 'http://[::1'\n", ["[site] url"]),
        ("[database]\nurl = 'mysql://u:hush@h/d'\n", ["[database] url", "mysql", "postgresql+psycopg"]),
        ("[languages]\nenabled = ['kk', 'fr']\n", ["[languages] enabled", "fr", "kk, ru, en"]),
        ("[languages]\nenabled = []\n", ["[languages] enabled", "empty"]),
        ("[languages]\nenabled = ['ru']\n", ["[languages] default", "'kk'"]),
        ("[files]\nbackend = 's3'\n", ["[files] s3_bucket"]),
        ("[site\n", ["config.toml", "not valid TOML"]),
    ],
)
def test_a_wrong_setting_names_file_table_key_and_what_is_allowed(tmp_path: Path, text: str, told: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, text)
    for word in told:
        assert word in caught.value.message
    assert "hush" not in caught.value.message


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("OPENDATA_SEARCH__CONCURRENT", "many", ["OPENDATA_SEARCH__CONCURRENT", "[search] concurrent", "int"]),
        ("OPENDATA_SITE__NAME", "x", ["OPENDATA_SITE__NAME", "'name'", "title"]),
        ("OPENDATA_SIGHT__NAME", "x", ["OPENDATA_SIGHT__NAME", "[sight]"]),
        ("OPENDATA_TITLE", "x", ["OPENDATA_TITLE", "OPENDATA_<TABLE>__<KEY>"]),
        ("OPENDATA_SITE__TIMEZONE", "../etc/passwd", ["OPENDATA_SITE__TIMEZONE", "[site] timezone"]),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: str, value: str, told: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, **{variable: value})
    for word in told:
        assert word in caught.value.message


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "missing.toml", {})
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config(tmp_path / "binary.toml", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path, {})


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://u:hush@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:hu:sh@h:5432/d", "postgresql://u:***@h:5432/d"),
        ("postgresql://:hush@/d?host=/tmp", "postgresql://:***@/d?host=/tmp"),
        ("postgresql:///d?user=u&password=hush&host=h", "postgresql:///d?user=u&password=***&host=h"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("sqlite:////srv/catalogue.sqlite", "sqlite:////srv/catalogue.sqlite"),
    ],
)
def test_passwords_are_masked(url: str, masked: str) -> None:
    assert mask_password(url) == masked


def test_what_is_shown_holds_every_key_and_no_secret(tmp_path: Path) -> None:
    tables = shown(config(tmp_path, '[database]\nurl = "postgresql://u:hush@h/d"\n'))
    assert {name: set(values) for name, values in tables.items()} == {
        name: {field.name for field in dataclasses.fields(table)} for name, table in TABLES.items()
    }
    assert "hush" not in repr(tables)


PROVIDER = (
    '[[sign_in.providers]]\nname = "agency"\nissuer = "https://id.example.kz/realms/a"\nclient_id = "catalogue"\n'
)


def test_providers_are_a_list_of_tables(tmp_path: Path) -> None:
    two = PROVIDER + 'domains = ["agency.kz"]\ncreate = "member-domain"\n' + PROVIDER.replace("agency", "other", 1)
    found = config(tmp_path, two, OPENDATA_SIGN_IN__CLIENT_SECRETS="agency = s3cret=\n\n")
    assert [(one.name, one.domains, one.create) for one in found.sign_in.providers] == [
        ("agency", ("agency.kz",), "member-domain"),
        ("other", (), "never"),
    ]
    assert found.sign_in.secrets == {"agency": "s3cret="}
    assert shown(found)["sign_in"]["client_secrets"] == "***"


def test_providers_can_stand_in_the_environment_as_json(tmp_path: Path) -> None:
    text = '[{"name": "agency", "issuer": "https://id.example.kz", "client_id": "catalogue"}]'
    assert config(tmp_path, OPENDATA_SIGN_IN__PROVIDERS=text).sign_in.providers[0].issuer == "https://id.example.kz"
    for wrong in ("agency", "{", '["agency"]'):
        with pytest.raises(ConfigError, match="list of tables"):
            config(tmp_path, OPENDATA_SIGN_IN__PROVIDERS=wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('colour = "red"', "unknown key 'colour'"),
        ("client_secret = 1", "unknown key 'client_secret'"),
        ("scopes = 1", "list of strings"),
        ('create = "always"', "Allowed: never, member-domain"),
        ('create = "member-domain"', "domains must name some"),
        ('scopes = ["email"]', 'must hold "openid"'),
    ],
)
def test_wrong_provider_stops_the_start(tmp_path: Path, wrong: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config(tmp_path, PROVIDER + wrong)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https:", "http:", "no issuer"),
        ("realms/a", "realms?a", "no issuer"),
        ('"agency"', '"Agency"', "needs its own name"),
        ('"catalogue"', '""', "client_id must be given"),
    ],
)
def test_provider_must_be_named_safely(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config(tmp_path, PROVIDER.replace(old, new))


def test_two_providers_of_one_name_and_secrets_of_none_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs its own name"):
        config(tmp_path, PROVIDER * 2)
    with pytest.raises(ConfigError, match="names other, which is none"):
        config(tmp_path, PROVIDER, OPENDATA_SIGN_IN__CLIENT_SECRETS="other=x")
