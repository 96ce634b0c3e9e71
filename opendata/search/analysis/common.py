"""Words so common in Kazakh, Russian and English that a search for them alone says nothing (our own list)."""

from __future__ import annotations

_KAZAKH = """
және мен бен пен үшін туралы бойынша бұл осы сол ол олар біз сіз арқылы кейін дейін қатар ретінде де да та те ма ме
емес бар жоқ еді болып болады болған деп яғни немесе бірақ мұнда онда әр барлық өз
"""
_RUSSIAN = """
и в во на с со к ко у о об от до по за из из-за для при про без под над а но да или что чтобы как так это этот эта эти
тот та те то он она оно они мы вы я не ни же ли бы был была было были быть есть его ее их которые который которая
которое также между через после перед
"""
_ENGLISH = """
a an the and or of in on at to for from by with as is are was were be been it its this that these those not no but if
than then into about between through which who whom their his her they we you i
"""

COMMON: frozenset[str] = frozenset(f"{_KAZAKH} {_RUSSIAN} {_ENGLISH}".split())
