"""user …, token … and organization …: who may sign in, and for whom."""

from __future__ import annotations

import datetime as dt
import sys
from uuid import UUID

import click

from opendata.catalog.values import LANGUAGES
from opendata.cli.context import Context, json_option, pass_context
from opendata.cli.output import print_json, print_rows, say
from opendata.services.actors import SYSTEM, Role
from opendata.services.rights import SCOPES


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
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of letters to the person.")
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
    language: str | None,
    password_stdin: bool,
) -> None:
    """Add an account for NAME and print its one-time password, unless --password-stdin gives one."""
    from opendata.services import accounts

    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    held = Role(role) if role else None
    new = accounts.NewUser(name, email, given, sysadmin, organization, held, username, language or "")
    password = accounts.add_user(context.catalogue, SYSTEM, new)
    if not password_stdin:
        click.echo(password)
    say(f"Added {name} <{email.strip().casefold()}>.")


@user.command("invite")
@click.argument("email")
@click.option("--name", default="", help="Name of the person, who may change it.")
@click.option("--organization", default="", help="Slug of an agency that the person is to belong to.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Role in that agency.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the letter, and of those to come.")
@pass_context
def invite_user(
    context: Context, email: str, name: str, organization: str, role: str | None, language: str | None
) -> None:
    """Send EMAIL a link by which its owner opens an account; print the link where no mail is set up."""
    from opendata.services import invitations

    given = Role(role) if role else None
    made = invitations.invite(context.catalogue, SYSTEM, email, name, organization, given, language or "")
    if made.link:
        click.echo(made.link)
    say(f"Invited {email}." + (" This site sends no mail: hand the link over." if made.link else ""))


@user.command("list")
@click.option("--words", default="", help="Only those with these words in name, e-mail or username.")
@click.option("--state", type=click.Choice(["active", "pending", "blocked"]), help="Only those; pending are invited.")
@json_option
@pass_context
def list_users(context: Context, words: str, state: str | None, as_json: bool) -> None:
    """All accounts, by username."""
    from opendata.services import people

    lines: list[people.Person] = []
    wanted = people.state_called(state or "")
    while found := people.listing(context.catalogue, SYSTEM, words, wanted, offset=len(lines)).people:
        lines += found
    if as_json:
        print_json(lines)
        return
    print_rows(
        [
            {
                "email": line.email,
                "username": line.username,
                "name": line.name,
                "state": line.state,
                "sysadmin": "yes" if line.sysadmin else "",
                "roles": ", ".join(f"{slug}: {role}" for slug, _, role in line.roles),
            }
            for line in lines
        ]
    )


@user.command("disable")
@click.argument("user_name", metavar="USER")
@json_option
@pass_context
def disable_user(context: Context, user_name: str, as_json: bool) -> None:
    """End every session of USER (e-mail or username) and let nobody sign in; its roles wait."""
    _set_enabled(context, user_name, False, as_json=as_json)


@user.command("enable")
@click.argument("user_name", metavar="USER")
@json_option
@pass_context
def enable_user(context: Context, user_name: str, as_json: bool) -> None:
    """Let USER (e-mail or username) sign in again."""
    _set_enabled(context, user_name, True, as_json=as_json)


def _set_enabled(context: Context, user_name: str, enabled: bool, *, as_json: bool) -> None:
    from opendata.services import account_care

    change = account_care.enable if enabled else account_care.disable
    key = change(context.catalogue, SYSTEM, user_name)
    if as_json:
        print_json({"id": key, "enabled": enabled})
    say(f"{'Enabled' if enabled else 'Disabled'} {user_name}.")


@user.command("reset")
@click.argument("user_name", metavar="USER")
@json_option
@pass_context
def reset_user(context: Context, user_name: str, as_json: bool) -> None:
    """Send USER (e-mail or username) a link to a new password; print the link where no mail is set up."""
    from opendata.services import account_care

    link = account_care.reset(context.catalogue, SYSTEM, user_name)
    if as_json:
        print_json({"user": user_name, "link": link or None})
    elif link:
        click.echo(link)
    say(f"This site sends no mail: hand the link to {user_name}." if link else f"A link is on its way to {user_name}.")


@user.command("second-factor-off")
@click.argument("user_name", metavar="USER")
@pass_context
def second_factor_off(context: Context, user_name: str) -> None:
    """Take the second factor off USER (e-mail or username), who has lost telephone and codes; its sessions end."""
    from opendata.services import second_factor

    second_factor.take_off(context.catalogue, SYSTEM, user_name)
    say(f"{user_name} signs in by password alone now, and was told by letter.")


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("user_name", metavar="USER")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--expires", type=click.IntRange(1, 3650), metavar="DAYS", help="Days until it expires; never if left out."
)
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it is good for; all where left out."
)
@click.option("--organization", default="", help="Slug of the only agency, with those below it, that it works in.")
@pass_context
def create_token(
    context: Context, user_name: str, name: str, expires: int | None, scopes: tuple[str, ...], organization: str
) -> None:
    """Print a new API token of USER (e-mail or username). It is shown this once."""
    from opendata.services import tokens

    life = dt.timedelta(days=expires) if expires else None
    made = tokens.create(context.catalogue, SYSTEM, user_name, name or "operator", life, scopes, organization)
    click.echo(made[0])


@token.command("list")
@click.argument("user_name", metavar="USER")
@json_option
@pass_context
def list_tokens(context: Context, user_name: str, as_json: bool) -> None:
    """The tokens of USER (e-mail or username) that were not revoked, oldest first."""
    from opendata.services import tokens

    found = tokens.listed(context.catalogue, SYSTEM, user_name)
    if as_json:
        print_json(found)
        return
    print_rows(
        [
            {
                "id": str(one.id),
                "name": one.name,
                "scopes": " ".join(one.scopes),
                "organization": one.organization,
                "expires": one.expires.date().isoformat() if one.expires else "",
                "last used": one.last_used.date().isoformat() if one.last_used else "",
            }
            for one in found
        ]
    )


@token.command("revoke")
@click.argument("token_id", type=click.UUID)
@pass_context
def revoke_token(context: Context, token_id: UUID) -> None:
    """End the token of that id at once, with those that were made with it."""
    from opendata.services import tokens

    tokens.revoke(context.catalogue, SYSTEM, token_id=token_id)
    say("Revoked.")


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
    say(f"Added the agency {slug}.")


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
