"""What every command shares: the settings, read once, and the catalogue, opened on first use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from opendata import logs
from opendata.config import Config, load_config

if TYPE_CHECKING:
    from opendata.services.catalogue import Catalogue


@dataclass
class Context:
    """Carried by click as `ctx.obj`."""

    config_path: Path | None = None

    @cached_property
    def config(self) -> Config:
        """The settings in force; also sets up logging by them."""
        config = load_config(self.config_path)
        logs.set_up(config.logging.level)
        return config

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue with its store at the present schema."""
        from opendata.bootstrap import open_catalogue, prepare_home  # opening is slow, and `--help` needs none of it

        prepare_home(self.config)
        opened = open_catalogue(self.config)
        click.get_current_context().call_on_close(opened.close)
        return opened


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
