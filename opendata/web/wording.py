"""Problems of forms in the reader's language: services say them in English, with a code that is the same for ever."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from opendata.errors import Problem

MESSAGES: Mapping[str, LazyString] = {
    "empty": _l("Write something here."),
    "too_long": _l("This is too long."),
    "name": _l("Use small Latin letters, digits and hyphens, 60 characters at most; “new” is taken."),
    "taken": _l("There is a source of this name already."),
    "type": _l("There is no such kind of source."),
    "frequency": _l("Choose one of the list, or give a cron line that comes no more often than every ten minutes."),
    "url_kind": _l("This is no address of the kind that this source takes."),
    "bounds_priority": _l("Write a whole number from 0 to 1000."),
    "priority_reserved": _l("Below 100 only those who manage the site may set it."),
    "bounds_withdraw_share": _l("Write a number from 0 to 100, or leave it empty."),
    "bounds_grace_days": _l("Write a number of days from 0 to 3650, or leave it empty."),
    "bounds_full_days": _l("Write a number of days from 0 to 3650, or leave it empty."),
    "credentials_twice": _l("The address holds a user and password as well. Give the one or the other."),
    "credentials_kind": _l("There are no such credentials."),
    "credentials_s3": _l("Keys of S3 are for addresses that begin with s3://, and such addresses take no others."),
    "credentials_folder": _l("A folder or file of the server needs no credentials."),
    "credentials_name": _l("Write the user, header, parameter or access key: one line, 200 characters at most."),
    "credentials_value": _l("Write the password, token or key: one line, 8000 characters at most."),
    "credentials_unsendable": _l(
        "This cannot be sent in a request. Headers take Latin letters, digits and signs only."
    ),
    "person_name": _l("Write your name, in 200 characters at most."),
    "language": _l("Choose one of the languages of the list."),
    "no_password": _l("This account has no password yet. Have a link to a new one sent to its e-mail."),
    "token_scopes": _l("Choose at least one of these."),
    "no_email": _l("This is no e-mail address."),
    "no_owner": _l("Choose the agency that the source belongs to."),
    "url": _l("This is no web address. It must begin with http:// or https://."),
    "folder_not_allowed": _l("This is not below a folder that the settings of this site allow."),
    "no_folder": _l("There is no such folder or zip."),
    "option-unknown": _l("This kind of source has no such option."),
    "option-value": _l("This value is not allowed here."),
    "handover_person": _l("There is no such account. Write its e-mail or user name."),
    "handover_successor": _l("Name somebody else, who has an account that is in use: its e-mail or user name."),
    "handover_user": _l("Name somebody who has an account and may edit there: its e-mail or user name."),
    "handover_note": _l("This is too long."),
    "agency_taken": _l("Another agency has this address, or had it once."),
    "agency_name": _l("Write 2 to 100 small Latin letters, digits and hyphens; “new” and “edit” are taken."),
    "agency_top": _l("Choose the agency that it is below: only those who run the site add one that is below none."),
    "agency_parent": _l("Choose another agency: this one is below itself then, or is not there."),
    "organization_in_use": _l("It still has records, sources or agencies below it. Withdraw or move them first."),
    "own_account": _l("Nobody can end the account that they are signed in with."),
    "picture": _l("Send a PNG, JPEG, GIF or WebP picture of 4 MB at most."),
    "invitation_email": _l("This is no e-mail address, or the account that has it has ended."),
    "old_password": _l("This is not your present password."),
    "same_password": _l("Choose another password than the present one."),
    "password_length": _l("A password has 10 to 200 characters."),
    "password_common": _l(
        "This password is among the first that are guessed. Take four words that have nothing to do with each other or "
        "with you, or have a password manager draw one."
    ),
    "second_factor_code": _l("This code is wrong, or was used already. Wait for the next one."),
    "token_name": _l("Say what the token is for, in 200 characters at most."),
    "no_reason": _l("Write what is to be done."),
    "no_text": _l("Paste a text, or choose a file."),
    "no_words": _l("There are no words in it that could be compared."),
    "scan": _l("The file holds pictures of pages and no text. Paste the text, or choose a file that has one."),
    "garbled": _l("The text of the file cannot be made out. Paste the text, or choose another file."),
    "unreadable": _l("No text could be read from this file. Paste the text, or choose a PDF, Word or text file."),
    "no_file": _l("Choose a file."),
    "empty_file": _l("This file is empty. Choose another one."),
    "file_refused": _l("This file cannot be taken. Please try again."),
    "file_too_large": _l("This file is too large to be sent in one piece. Send it in several parts."),
    "token_days": _l("Write a number of days from 1 to 3650, or leave it empty."),
}
"""By code. A problem whose code is not here is shown as it is."""


def in_words(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems with the messages of this page's language; where we have one, it says all that the hint does."""
    return tuple(
        replace(problem, message=str(MESSAGES[problem.code]), hint="") if problem.code in MESSAGES else problem
        for problem in problems
    )
