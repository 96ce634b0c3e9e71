"""user …, token … and organization …: who may sign in, and for whom."""

from __future__ import annotations

import sys

import click

from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say
from opendata.services.actors import SYSTEM, Role


@click.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("name")
@click.option("--email", required=True, help="E-mail address; it is what the person signs in with.")
@click.option("--username", default="", help="Name for clients of the API; made of the e-mail where left out.")
@click.option("--sysadmin", is_flag=True, help="May do everything.")
@click.option("--organization", default="", help="Slug of an agency that the person belongs to.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Role in that agency.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@pass_context
def add_user(
    context: Context,
    name: str,
    email: str,
    username: str,
    sysadmin: bool,
    organization: str,
    role: str | None,
    password_stdin: bool,
) -> None:
    """Add an account for NAME and print its one-time password, unless --password-stdin gives one."""
    from opendata.services import accounts

    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    new = accounts.NewUser(name, email, given, sysadmin, organization, Role(role) if role else None, username)
    password = accounts.add_user(context.catalogue, SYSTEM, new)
    if not password_stdin:
        click.echo(password)
    say(f"Added {name} <{email.strip().casefold()}>.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("user_name", metavar="USER")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--expires", type=click.IntRange(1, 3650), metavar="DAYS", help="Days until it expires; never if left out."
)
@pass_context
def create_token(context: Context, user_name: str, name: str, expires: int | None) -> None:
    """Print a new API token of USER (e-mail or username). It is shown this once."""
    from opendata.services import accounts

    click.echo(accounts.create_token(context.catalogue, user_name, name, expires))


@click.group()
def organization() -> None:
    """Agencies."""


@organization.command("add")
@click.argument("name")
@click.option("--title", required=True, help="Its name for people.")
@click.option("--title-kk", default="", help="Its name in Kazakh.")
@click.option("--title-ru", default="", help="Its name in Russian.")
@click.option("--title-en", default="", help="Its name in English.")
@click.option("--parent", default="", help="Slug of the agency above it.")
@pass_context
def add_organization(
    context: Context, name: str, title: str, title_kk: str, title_ru: str, title_en: str, parent: str
) -> None:
    """Add the agency whose slug is NAME."""
    from opendata.services import organizations

    names = {"kk": title_kk, "ru": title_ru, "en": title_en}
    slug = organizations.add(context.catalogue, SYSTEM, name, title, names, parent)
    say(f"Added the organisation {slug}.")


@organization.command("list")
@json_option
@pass_context
def list_organizations(context: Context, as_json: bool) -> None:
    """All agencies with their figures."""
    from opendata.services import organizations

    found = organizations.tree(context.catalogue, SYSTEM)
    if as_json:
        print_json(found)
        return
    print_rows(
        [
            {
                "name": line.slug,
                "title": line.title.show("en").value,
                "parent": line.parent.slug if line.parent else "",
                "datasets": line.dataset_count,
                "studies": line.study_count,
            }
            for line in found
        ]
    )


COMMANDS = (user, token, organization)
