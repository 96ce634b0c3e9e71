"""Forms as they come in, without characters that nobody types on purpose: a NUL, which PostgreSQL refuses, signs that
turn the direction of all that follows, halves of others.
"""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

from opendata.catalog.normalise import without_hidden


class CleanRequest(Request):
    """A request whose form is clean, in names and values. Passwords are what they are: they are stored nowhere."""

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        given = self.__dict__["form"].items(multi=True)
        clean = [(without_hidden(name), said if "password" in name else without_hidden(said)) for name, said in given]
        self.__dict__["form"] = ImmutableMultiDict(clean)
