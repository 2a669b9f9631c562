"""The central office: stores what checkpoints report."""

import typer

from office.broker.cli import app as broker
from office.commands.check import check
from office.commands.demo import demo
from office.commands.export import export
from office.commands.home_assistant import home_assistant
from office.commands.ingest import ingest
from office.commands.metrics import metrics
from office.commands.migrate import migrate
from office.commands.page import page
from office.commands.purge import purge
from office.commands.run import run
from office.commands.user import app as user

app = typer.Typer(no_args_is_help=True)
app.command()(check)
app.command()(migrate)
app.command()(ingest)
app.command()(page)
app.command()(run)
app.command()(purge)
app.command()(metrics)
app.command()(export)
app.command()(home_assistant)
app.command()(demo)
app.add_typer(user, name="user")
app.add_typer(broker, name="broker")


@app.callback()
def office() -> None:
    """Store what every checkpoint reports, and show it (docs/office.md)."""
