"""Who may come in where: the rule of every page, declared here and nowhere else, and the gate that holds it.

A page without a rule opens to nobody: add its endpoint to PAGES. Actions of /api/3 have theirs in web/ckan_api/rules,
operations of /api/v1 say theirs themselves (web/api/contract). docs/rights.md is made of all three. The gate is the
first look only: what a page does to a thing of an organisation is asked again by the service, for that organisation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Flask, request
from flask.typing import ResponseReturnValue

from opendata.errors import NotAllowed
from opendata.services.actors import Actor
from opendata.services.rights import READ, WRITE, Right, demand, demand_scope
from opendata.web import inside
from opendata.web.identity import actor


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may: everybody, who has signed in, a person (no token), or who has the right in some organisation. `owned`:
    the service demands it of the organisation whose thing it is, so that others are refused or find nothing.
    """

    right: Right | None = None
    signed_in: bool = False
    person: bool = False
    owned: bool = False


EVERYBODY = Rule()
SIGNED_IN = Rule(signed_in=True)
PERSON = Rule(signed_in=True, person=True)


def anywhere(right: Right) -> Rule:
    """For who has `right` in any organisation; the answer holds what it holds there."""
    return Rule(right, signed_in=True)


def over(right: Right) -> Rule:
    """For who has `right` in the organisation whose thing it is."""
    return Rule(right, signed_in=True, owned=True)


_PUBLIC = """
    static pages.front pages.about pages.terms pages.privacy pages.accessibility pages.patterns
    discovery.everything discovery.datasets discovery.studies discovery.facet completing.complete
    advanced.form advanced.find advanced.help_page tables.search catalog_tables.whole
    exports.dataset catalog.negotiated catalog.catalog catalog.data_json oai.repository
    datasets.page datasets.file datasets.inside downloads.download downloads.version images.image datastore.dump
    studies.page organizations.index organizations.page links.page links.table links.as_json
    reports.report reports.send reports.report_study reports.send_study reports.follow reports.reopen
    similar.page similar.compare
    feeds.search feeds.everything feeds.organization feeds.topic feeds.as_search feeds.as_topic
    short_links.nothing short_links.make short_links.follow operations.permanent_uri
    sitemaps.index sitemaps.pages sitemaps.records sitemaps.opensearch sitemaps.suggest
    operations.alive operations.ready operations.robots operations.favicon metrics.metrics
    api_docs.page ckan_api.version ckan_api.run ckan_api.translations ckan_api.completed
    account_links.forgotten account_links.send account_links.reset account_links.set_password
    account_links.invitation account_links.accept account_links.new_address account_links.confirm_address
    account_links.address_confirmed
    account.sign_in account.try_sign_in account.sign_out second_factor.code second_factor.try_code
    single_sign_on.start single_sign_on.come_back single_sign_on.confirm single_sign_on.try_confirm
    single_sign_on.signed_out single_sign_on.sign_out_there
"""
"""What is there for everybody, of what is public. /metrics: from this machine, else for sysadmins. Each action of
/api/3 has a rule of its own.
"""

_ACCOUNT = """
    account.account account.create_token account.revoke_token account.password account.change_password
    account.change_profile account.change_email account.signed_in account.end_session account.end_others
    second_factor.page second_factor.turn_on second_factor.turn_off second_factor.renew_codes single_sign_on.unlink
"""
"""One's own account."""

_PAGES: tuple[tuple[Rule, str], ...] = (
    (EVERYBODY, _PUBLIC),
    (PERSON, _ACCOUNT),
    (PERSON, "desk_drafts.index desk_drafts.keep desk_drafts.discard"),
    (anywhere(Right.SEE_DESK), "desk.index desk.sources desk.jobs desk.problems held.index desk_work.listing"),
    (over(Right.SEE_DESK), "desk.source desk.job desk.job_csv desk.job_json desk.preview desk.raw"),
    (anywhere(Right.MANAGE_SOURCES), "desk.new_source desk.add_source alerts.index alerts.add"),
    (
        over(Right.MANAGE_SOURCES),
        """
        desk.edit_source desk.revise_source desk.ask_to_remove desk.remove_source alerts.try_out alerts.remove
        """,
    ),
    (over(Right.RUN_HARVEST), "desk.run_source desk.try_source desk.pause_source desk.resume_source desk.cancel_job"),
    (over(Right.WITHDRAW_MANY), "desk.decide_job"),
    (anywhere(Right.MANAGE_SITE), "desk.searches desk.searches_csv"),
    (anywhere(Right.SEE_DESK), "desk_life.index"),
    (over(Right.SEE_UNPUBLISHED), "desk_life.dataset desk_life.study desk_history.index desk_history.compare"),
    (
        over(Right.EDIT_RECORDS),
        """
        desk_life.act desk_life.ask_to_withdraw desk_life.withdraw desk_life.assign
        desk_history.preview desk_history.restore
        """,
    ),
    (anywhere(Right.READ_AUDIT), "desk_audit.index desk_audit.table"),
    (anywhere(Right.SEE_DESK), "desk_organizations.index"),
    (over(Right.SEE_DESK), "desk_organizations.show"),
    (anywhere(Right.EDIT_ORGANIZATION), "desk_organizations.new desk_organizations.create"),
    (
        over(Right.EDIT_ORGANIZATION),
        """
        desk_organizations.edit desk_organizations.save desk_organizations.close desk_organizations.reopen
        desk_organizations.picture
        """,
    ),
    (over(Right.MANAGE_MEMBERS), "desk_organizations.give desk_organizations.invite"),
    (anywhere(Right.HAND_OVER), "desk_people.hand_over_form desk_people.hand_over"),
    (over(Right.HAND_OVER), "desk_people.adopt"),
    (anywhere(Right.MANAGE_SITE), "desk_people.index desk_people.person desk_people.turn"),
    (over(Right.EDIT_RECORDS), "held.upload"),
    (over(Right.OVERRIDE_CONTENT), "held.decide held.decide_upload"),
    (over(Right.REVIEW_RECORDS), "uploads.decide"),
    (
        anywhere(Right.EDIT_RECORDS),
        """
        desk_links.index desk_links.check_all matches.index matches.edit
        uploads.index uploads.new uploads.receive uploads.template
        desk_datasets.new desk_datasets.create desk_completion.complete desk_completion.check
        desk_studies.new desk_studies.create desk_begin.ask desk_begin.begin
        """,
    ),
    (
        over(Right.EDIT_RECORDS),
        """
        desk_files.index desk_files.status desk_files.add desk_files.new_link desk_files.add_link desk_files.edit
        desk_files.save desk_files.ask_to_replace desk_files.replace desk_files.ask_to_remove desk_files.remove
        desk_files.proposed desk_files.move desk_files.version desk_files.ask_disclosure desk_files.disclose
        """,
    ),
    (
        over(Right.EDIT_RECORDS),
        """
        desk.decide desk_links.link desk_links.check
        uploads.show uploads.row uploads.failed uploads.choose uploads.publish uploads.cancel
        uploads.check uploads.columns uploads.correct_columns uploads.ask_to_undo uploads.undo
        matches.show matches.decide matches.save matches.raw
        desk_datasets.edit desk_datasets.save desk_studies.edit desk_studies.save
        desk_studies.report desk_studies.make_report
        """,
    ),
)


def spread(table: Iterable[tuple[Rule, str]]) -> Mapping[str, Rule]:
    """The rule by name, of rules with all their names. ValueError for a name that stands twice."""
    made: dict[str, Rule] = {}
    for rule, names in table:
        for name in names.split():
            if name in made:
                raise ValueError(f"{name} has two rules")
            made[name] = rule
    return made


PAGES: Mapping[str, Rule] = spread(_PAGES)
"""The rule of every endpoint that is no operation of /api/v1."""


def install(app: Flask) -> None:
    """Hold every page to its rule."""
    app.before_request(_gate)


def _gate() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint.startswith(("api.", "tus.")):  # which say and hold their own
        return None
    rule = PAGES.get(endpoint)
    if rule == EVERYBODY:
        return None
    asker = actor()
    if rule is not None and not asker.signed_in:
        return inside.show_in()
    let_in(rule, asker, reads=request.method in ("GET", "HEAD", "OPTIONS"))
    return None


def let_in(rule: Rule | None, asker: Actor, *, reads: bool) -> None:
    """NotAllowed unless the rule lets the asker in, as far as can be told without knowing what is asked for."""
    if rule is None:
        raise NotAllowed("No rule says who may do this: it needs one in opendata/web/rules.py.", signed_in=True)
    if rule == EVERYBODY:
        return
    if not asker.signed_in:
        raise NotAllowed("Sign in first.", signed_in=False)
    if rule.person and asker.token_id is not None:
        raise NotAllowed("Sign in with your e-mail and password for this.", signed_in=False)
    if rule.right is None:
        demand_scope(asker, READ if reads else WRITE)
    elif not asker.held_back:  # who must is sent to do that, by what shows people in
        demand(asker, rule.right)
