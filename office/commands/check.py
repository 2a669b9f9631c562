"""`gardu office check`: checks the office's config."""

from urllib.parse import urlsplit

from edge.commands.options import problems_printed, say
from office.commands.options import OfficeOption
from office.config import DEFAULT_CONFIG, load_office_config


def check(config: OfficeOption = DEFAULT_CONFIG) -> None:
    """Check the office's config.

    It prints every problem at once, with file, line, key and allowed values.

    Neither broker nor database is used. Ends with 2 if there are problems.
    """
    with problems_printed():
        loaded = load_office_config(config)
    say(f"database: {loaded.database.url}")
    say(f"broker: {loaded.broker.url}, client id {loaded.broker.client_id}")
    say(f"ingest: {loaded.ingest.processes} process(es), up to {loaded.ingest.batch} a commit")
    kept = loaded.retention
    days = {"records": kept.records_days, "stills": kept.stills_days, "refused": kept.aside_days}
    words = (f"{name} {f'{count} days' if count else 'for ever'}" for name, count in days.items())
    say(f"retention: {', '.join(words)}")
    if loaded.page is not None:
        say(f"page: {loaded.page.address} port {loaded.page.port}")
    for hook in loaded.hooks:
        say(f"hook: {urlsplit(hook.url).netloc}, {' and '.join(hook.kinds)}")
    if loaded.metrics is not None:
        say(f"metrics: http://{loaded.metrics.address}:{loaded.metrics.port}/metrics")
    if loaded.home_assistant is not None:
        say(f"home assistant: below {loaded.home_assistant.prefix}/")
    say(f"{config}: no problems")
