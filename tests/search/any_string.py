"""Strings that a person, a program or an enemy may put into the search box."""

from __future__ import annotations

from hypothesis import strategies as st

LONGEST = 100_000
"""Characters."""

OPERATORS = (
    *('"', "«", "»", "“", "-", "−", "--", "*", "**", ":", "|", "(", ")", "OR", "ИЛИ", "НЕМЕСЕ", "AND", "NOT", "~", "^"),
    *(
        "год:",
        "year:2020..",
        "год:..",
        "тип:",
        "open:",
        "foo:",
        "doi:",
        "https://",
        "№",
        "ИРН:",
        "/",
        "\\",
        "'",
        "&",
        "#",
    ),
    *("\u00ad", "\u200b", "\u0306", "\ud800", "\x00", "\x1b", "\u202e", "\ufeff", "İ", "ß", "ﬁ", "𝔞", "٣", "😀", "字"),
    *("\t", "\r\n", "\u2028", "%00", "<b>", "{{7*7}}", "[a-z]+", "a" * 40, "өзен", "вода", "water", "pfrjy", "-pty"),
    *("AP05131234", "10.1234/abc", "0118РК00123", "84(2)", "03.29.00", "и", "the", "мен", "эко*", "ab*", "a-b-c-d"),
)

mixed = st.lists(st.sampled_from(OPERATORS) | st.text(max_size=8), max_size=30).flatmap(
    lambda pieces: st.sampled_from(("", " ")).map(lambda joint: joint.join(pieces))
)
long = st.builds(
    lambda piece, size: (piece * (size // max(len(piece), 1) + 1))[:size],
    mixed.filter(bool),
    st.integers(1_000, LONGEST),
)
any_string = st.text(max_size=200) | mixed | long
