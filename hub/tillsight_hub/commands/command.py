"""`tillsight-hub device order`: an order from the command line, and its result."""

import argparse
import sys
import time

from sqlalchemy import Engine

from ..config import HubConfig
from ..database import writing
from .models import model_file
from .orders import find_order, give

ACTOR = "tillsight-hub"
LOOK_S = 0.2


def run_order(arguments: argparse.Namespace, config: HubConfig, engine: Engine) -> int:
    """0 where it was done, 1 where not, or where nobody has answered yet."""
    model = None
    if arguments.kind == "pull-model":
        address = arguments.address or config.reports.address or ""
        model = model_file(config.data_dir, arguments.model or "", arguments.like or "", address)
    with writing(engine) as connection:
        id = give(
            connection, arguments.device, arguments.kind, actor=ACTOR, minutes=arguments.minutes, model=model
        )
    end = time.monotonic() + arguments.wait
    while True:
        with engine.connect() as connection:
            given = find_order(connection, arguments.device, id)
        if given is not None and given.outcome is not None:
            sys.stdout.write("\n".join([f"{id}: {given.outcome}", *given.words]) + "\n")
            return 0 if given.outcome == "done" else 1
        if time.monotonic() >= end:
            sys.stderr.write(f"{id}: no answer yet; it is good for {arguments.minutes:g} minutes\n")
            return 1
        time.sleep(LOOK_S)
