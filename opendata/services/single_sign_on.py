"""Signing in by a provider of OpenID Connect: there, back, and to which account.

An identity that is linked opens its account. One that is not opens nothing by its e-mail alone: only an invitation that
still waits is joined by a verified e-mail; the owner of an account gives its password first.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from opendata.errors import Invalid, NotAllowed, NotFound, Problem
from opendata.services import access, identities, openid, sealed_notes, second_factor, signing_in
from opendata.services.access import Visit
from opendata.services.actors import Actor
from opendata.services.catalogue import Catalogue
from opendata.services.id_tokens import Forged, Identity
from opendata.services.passwords import hash_secret
from opendata.services.signing_in import Entered
from opendata.settings import ProviderSettings
from opendata.store.accounts import User, UserIdentity, UserSession
from opendata.store.states import UserState

logger = logging.getLogger(__name__)

NOTE_SECONDS = 600
_UNDER_WAY, _TO_CONFIRM = "single sign-on", "identity to be confirmed"
RETURN_PATH = "/account/sso/{name}/return"
SIGNED_OUT_PATH = "/account/signed-out"


@dataclass(frozen=True, slots=True)
class Button:
    """A provider to sign in by."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and the note that it brings back."""

    address: str
    note: str


@dataclass(frozen=True, slots=True)
class Back:
    """What came of it: a way in, or a `note` for the page on which the owner of an account confirms; neither: the
    provider knows somebody who has no account here. `said` is the e-mail that it gave.
    """

    entered: Entered | None = None
    note: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """What the page asks the owner of an account: `email` of the account, `said` of the identity."""

    provider: str
    email: str
    said: str
    second_factor: bool
    password: bool


class TurnedDown(NotAllowed):
    """The provider says that nobody has signed in: given up there, or not allowed."""


def buttons(catalogue: Catalogue) -> tuple[Button, ...]:
    """The providers of this site, in the order of the settings."""
    return tuple(Button(one.name, one.title or one.name) for one in catalogue.config.sign_in.providers)


def provider_of(catalogue: Catalogue, name: str) -> ProviderSettings:
    """NotFound for one that the settings do not name."""
    found = next((one for one in catalogue.config.sign_in.providers if one.name == name), None)
    if found is None:
        raise NotFound("This site knows no such provider.")
    return found


def begin(catalogue: Catalogue, actor: Actor, name: str, wanted: str) -> Begun:
    """On to the provider. Who is signed in already comes back with one more way in. ProviderDown."""
    provider = provider_of(catalogue, name)
    endpoints = openid.discover(catalogue, provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    kept = {"provider": name, "state": state, "nonce": nonce, "verifier": verifier, "next": wanted}
    kept["user"] = str(actor.user_id or "")
    request = openid.Request(state, nonce, verifier, _return_url(catalogue, name))
    address = openid.address(endpoints, provider, request)
    return Begun(address, sealed_notes.write(catalogue, _UNDER_WAY, kept))


def _return_url(catalogue: Catalogue, name: str) -> str:
    """Of the settings: the Host header is nobody's word."""
    return catalogue.config.site.url.rstrip("/") + RETURN_PATH.format(name=name)


def finish(catalogue: Catalogue, actor: Actor, name: str, note: str, answer: Mapping[str, str], visit: Visit) -> Back:
    """Back from the provider. Forged for what this browser did not ask for, TurnedDown, ProviderDown."""
    provider = provider_of(catalogue, name)
    kept = sealed_notes.read(catalogue, _UNDER_WAY, note, NOTE_SECONDS)
    if kept is None or kept["provider"] != name or not _same(answer.get("state", ""), kept["state"]):
        raise Forged("The answer belongs to no sign-in of this browser, or came too late.")
    if kept["user"] != str(actor.user_id or ""):
        raise Forged("Somebody else is signed in than when it began.")
    endpoints = openid.discover(catalogue, provider)
    sender = answer.get("iss", "")
    if sender != provider.issuer and (sender or endpoints.names_itself):  # RFC 9207: mixed up with another provider
        raise Forged(f"The answer is of {sender[:200]!r}, not of {provider.issuer!r}.")
    if "error" in answer:
        raise TurnedDown(f"{name}: {answer['error'][:100]}", signed_in=False)
    request = openid.Request(kept["state"], kept["nonce"], kept["verifier"], _return_url(catalogue, name))
    found = openid.identify(catalogue, provider, request, answer.get("code", ""))
    if provider.verified_emails and found.email:
        found = replace(found, verified=True)
    return _arrived(catalogue, actor, provider, found, visit, kept["next"])


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), kept.encode("utf-8"))


def _arrived(
    catalogue: Catalogue, actor: Actor, provider: ProviderSettings, found: Identity, visit: Visit, wanted: str
) -> Back:
    """The account of an identity, found or made; else what there is to ask."""
    method = access.VOUCHED if provider.second_factor else "sso"
    with catalogue.sessions.read() as session:
        known = identities.owner(session, found)
        user = session.scalar(select(User).where(User.email == found.email)) if found.verified else None
    if known is not None:
        if actor.user_id not in (None, known.user_id):
            raise NotAllowed("This identity opens another account.")
        identities.used(catalogue, known.id, found)
        return Back(signing_in.proven(catalogue, known.user_id, visit, wanted, method))
    if actor.user_id is not None:
        return _ask(catalogue, provider, found, actor.user_id, wanted)
    if user is not None and user.state == UserState.PENDING:
        identities.join_invited(catalogue, user.id, found)
        return Back(signing_in.proven(catalogue, user.id, visit, wanted, method))
    if user is not None and user.state == UserState.ACTIVE and user.password_hash is not None:
        return _ask(catalogue, provider, found, user.id, wanted)
    if user is None and _is_member(provider, found):
        return Back(signing_in.proven(catalogue, identities.make_account(catalogue, found), visit, wanted, method))
    logger.info("single sign-on of nobody known provider=%s verified=%s", provider.name, found.verified)
    return Back(said=found.email)


def _is_member(provider: ProviderSettings, found: Identity) -> bool:
    domain = found.email.rpartition("@")[2]
    return provider.create == "member-domain" and found.verified and domain in map(str.casefold, provider.domains)


def _ask(catalogue: Catalogue, provider: ProviderSettings, found: Identity, user_id: UUID, wanted: str) -> Back:
    kept = {"provider": provider.name, "issuer": found.issuer, "subject": found.subject, "email": found.email}
    kept |= {"user": str(user_id), "next": wanted}
    return Back(note=sealed_notes.write(catalogue, _TO_CONFIRM, kept), said=found.email)


def to_confirm(catalogue: Catalogue, actor: Actor, note: str) -> ToConfirm:
    """What there is to confirm. NotAllowed where there is nothing, or for somebody else."""
    kept, user = _waiting(catalogue, actor, note)
    return ToConfirm(
        provider=next(one.title for one in buttons(catalogue) if one.name == kept["provider"]),
        email=user.email,
        said=kept["email"],
        second_factor=user.totp_since is not None and not actor.signed_in,
        password=user.password_hash is not None,
    )


def confirm(catalogue: Catalogue, actor: Actor, note: str, password: str, code: str, visit: Visit) -> Entered | None:
    """The owner says that it is the same person; the session, or None for who has one.

    Invalid names "password" or "code", whatever of them was wrong; TooMany after too many of them.
    """
    kept, user = _waiting(catalogue, actor, note)
    found = Identity(kept["issuer"], kept["subject"], kept["email"])
    if user.password_hash is None:  # else whoever finds an open session would link what is theirs
        problems = [Problem("old_password", "Choose a password first: ask for a reset at the sign-in.", "password")]
        raise Invalid("Nothing was changed.", problems)
    if actor.signed_in:
        access.confirm(catalogue, actor, password, "password")
        identities.link(catalogue, user.id, found)
        return None
    try:
        access.prove(catalogue, user.email, password, visit)
    except NotAllowed as error:
        problems = [Problem("old_password", error.message, "password")]
        raise Invalid("Nothing was changed.", problems) from None
    if user.totp_since is not None:
        second_factor.confirm_code(catalogue, user.id, code)
    identities.link(catalogue, user.id, found)
    method = "sso-totp" if user.totp_since else "sso"
    return Entered(secret=access.open_session(catalogue, user.id, visit, method), next=kept["next"])


def _waiting(catalogue: Catalogue, actor: Actor, note: str) -> tuple[dict[str, str], User]:
    kept = sealed_notes.read(catalogue, _TO_CONFIRM, note, NOTE_SECONDS)
    names = {one.name for one in catalogue.config.sign_in.providers}
    if kept is None or kept["provider"] not in names or str(actor.user_id or kept["user"]) != kept["user"]:
        raise NotAllowed("There is nothing to confirm any more. Sign in anew.", signed_in=False)
    with catalogue.sessions.read() as session:
        user = session.get(User, UUID(kept["user"]))
    if user is None or user.state != UserState.ACTIVE:
        raise NotAllowed(access.REFUSED, signed_in=False)
    return kept, user


def came_by(catalogue: Catalogue, secret: str) -> str:
    """The provider by which the session was opened, "" for none: signing out there is offered."""
    issuers = {one.issuer: one.name for one in catalogue.config.sign_in.providers}
    wanted = select(UserIdentity.issuer).join(UserSession, UserSession.user_id == UserIdentity.user_id)
    wanted = wanted.where(UserSession.session_hash == hash_secret(secret), UserSession.method.startswith("sso"))
    wanted = wanted.where(UserIdentity.issuer.in_(issuers)).order_by(UserIdentity.last_used.desc()).limit(1)
    if not (issuers and secret):
        return ""
    with catalogue.sessions.read() as session:
        return issuers.get(session.scalar(wanted) or "", "")


def way_out(catalogue: Catalogue, name: str) -> str:
    """Where one signs out of the provider as well; "" where it has no such page, or does not answer."""
    provider, back = provider_of(catalogue, name), catalogue.config.site.url.rstrip("/") + SIGNED_OUT_PATH
    try:
        return openid.sign_out_address(openid.discover(catalogue, provider), provider, back)
    except openid.ProviderDown:
        return ""
