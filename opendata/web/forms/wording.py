"""Problems of forms in the language of the page: those that only forms have, then those of every record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from opendata.catalog.problem_words import in_words
from opendata.errors import Problem
from opendata.web.i18n import page_language
from opendata.web.labels import label
from opendata.web.wording import MESSAGES

OWN: Mapping[str, LazyString] = {
    "form_too_long": _l("This is too long (%(value)s characters). Nothing was cut: shorten it, or put it into a file."),
    "form_too_large": _l(
        "This is more than a record can hold, and it is not kept. Put long texts into a file of the record."
    ),
    "form_choice": _l("“%(value)s” is not among the choices. Choose one of the list."),
    "form_date": _l("“%(value)s” is no date. Write 2026, 2026-11 or 2026-11-01."),
    "form_day": _l("“%(value)s” is no day. Write it as 2026-11-01."),
    "form_whole": _l("“%(value)s” is no whole number."),
    "form_number": _l("“%(value)s” is no number."),
    "form_rows": _l("At most %(value)s can be given."),
    "form_doi": _l("“%(value)s” is no DOI. A DOI looks like 10.1234/abcd."),
    "form_isbn": _l("“%(value)s” is no ISBN: a digit is wrong or missing."),
    "form_issn": _l("“%(value)s” is no ISSN: a digit is wrong or missing."),
    "form_orcid": _l("“%(value)s” is no ORCID: a digit is wrong or missing. It looks like 0000-0002-1825-0097."),
    "form_ror": _l("“%(value)s” is no ROR identifier. It looks like https://ror.org/03yrm5c26."),
    "form_bin": _l("“%(value)s” is no BIN: it has 12 digits, and the last one must fit the others."),
    "form_url": _l("“%(value)s” is no web address. It must begin with http:// or https://."),
    "form_email": _l("“%(value)s” is no e-mail address."),
    "form_required": _l("Write something here."),
    "form_unchosen": _l("Choose one of the list."),
    "no_title": _l("Give a title in at least one language."),
    "form_unknown_record": _l("There is no record “%(value)s”. Look it up by its title, or give a web address."),
    "form_language": _l("“%(value)s” is no language that is known here. Give its name or code: de."),
    "form_alike": _l(
        "This may be in the catalogue already. Look at the records named above; if yours is another one, save it."
    ),
    "not_allowed": _l("You may not save this here. What you typed is kept; ask an administrator of the agency."),
    "form_box": _l("Give all four sides of the box, or none."),
    "no_organization": _l("Choose an agency for which you may write records."),
    "embargo_open_end": _l("Say on which day the file opens."),
    "embargo_past": _l("%(value)s is not ahead of today. Choose a day that is to come."),
    "no_ground": _l("Choose the legal ground, or write it in your words: by which act is it not public?"),
    "no_reason": _l("Say why the file opens later: a reason, or a legal ground."),
    "less_strict": _l("Its source says that the file is closed more strictly. It can only be made stricter here."),
    "no_files": _l("Choose the files that it is about."),
    "changed_meanwhile": _l("Somebody changed this record after you opened the form. Look once more, then save again."),
    "slug_taken": _l("Another record has this address already."),
}
"""By code; %(value)s is the beginning of what was typed."""
CODES: Mapping[str, str] = {"deliverable_twice": "deliverable_kind"}
"""Whose value begins with a code, and of which list of labels."""


def told(problem: Problem) -> Problem:
    """The problem in the words of this page's language; as it is where there are none."""
    if (own := OWN.get(problem.code)) is not None:
        return replace(problem, message=str(own) % {"value": problem.value}, hint="")
    if problem.code in MESSAGES:
        return replace(problem, message=str(MESSAGES[problem.code]), hint="")
    value = problem.value
    if problem.code in CODES:
        code, _, rest = value.partition(" ")
        value = f"{label(CODES[problem.code], code)} {rest}".rstrip()
    words = in_words(problem.code, problem.message, problem.hint, page_language(), field=problem.field, value=value)
    return replace(problem, message=words.message, hint=words.hint)
