"""What the processes of the background worker do. Loading this loads all that they need, so that forks share it."""

from __future__ import annotations

import os
from contextlib import closing

import opendata.search.whoosh_index  # noqa: F401 - loaded here, it is loaded once
from opendata.bootstrap import open_catalogue
from opendata.config import Config
from opendata.services.queue import Lane
from opendata.worker import Worker

NICE = 5
"""Whoever asks for a page goes before: a worker has a quarter of a busy processor, and all of an idle one."""


def index(config: Config, parent: int) -> None:
    """Keep the index, in a process of its own: a harvest and the index each use a processor."""
    os.nice(NICE)
    with closing(open_catalogue(config)) as catalogue:
        Worker(catalogue, parent=parent, lanes=(Lane.INDEX,)).run()


def others(config: Config, parent: int, *, until_idle: bool = False) -> None:
    """Do everything else."""
    os.nice(NICE)
    lanes = tuple(lane for lane in Lane if lane is not Lane.INDEX)
    with closing(open_catalogue(config)) as catalogue:
        Worker(catalogue, parent=parent, lanes=lanes).run(until_idle=until_idle)
