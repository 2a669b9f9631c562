"""Prometheus' own tool on the office's metrics and alerting rules."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from edge.clock import Clock
from office.config import DatabaseSection, MetricsSection
from office.database.reading import make_reading_engine
from office.metrics.collector import OfficeCollector
from tests.office.neighbours.test_metrics import DOCS
from tests.office.neighbours.test_metrics import filled as filled  # noqa: PLC0414 - a fixture

RULES = DOCS / "office-alerts.yml"
PROMTOOL = shutil.which("promtool")
pytestmark = pytest.mark.skipif(
    PROMTOOL is None, reason="needs promtool (sudo apt install prometheus)"
)

# For each rule: series with which it fires after 31 minutes, and the words of its summary.
FIRING = {
    "GarduFire": ('gardu_office_alarms{kind="fire"}', "2x40", "at 2 checkpoint(s)"),
    "GarduOfficeAway": ("gardu_office_database_up", "0x40", "cannot read its database"),
    "GarduChainBroken": ('gardu_office_chain_breaks{site="setda"}', "1x40", "record of setda"),
    "GarduCheckpointOffline": (
        'gardu_office_checkpoints{site="setda",status="offline"}', "3x40",
        "3 checkpoint(s) of setda",
    ),
    "GarduRecordsMissing": ('gardu_office_missing_records{site="setda"}', "7x40", "7 record(s)"),
    "GarduRecordsWait": ('gardu_office_undelivered_records{site="setda"}', "501x40", "501 records"),
    "GarduMessagesRefused": (
        'gardu_office_messages_total{kind="refused"}', "0+1x40", "refused messages",
    ),
    "GarduHookFails": ('gardu_office_hook_notices_total{outcome="dropped"}', "0+1x40", "(dropped)"),
    "GarduClockUntrusted": (
        'gardu_office_checkpoints_clock_untrusted{site="setda"}', "1x40", "is not trusted",
    ),
    "GarduCertificateExpires": (
        'gardu_office_certificate_expiry_timestamp_seconds{role="server"}', "86400x40",
        "the role server",
    ),
}  # fmt: skip


def promtool(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run promtool with *text* as its input."""
    assert PROMTOOL is not None
    return subprocess.run(
        [PROMTOOL, *words], input=text, capture_output=True, text=True, timeout=60, check=False
    )


def exposition(database: DatabaseSection) -> str:
    """Return the metrics of *database* as Prometheus reads them."""
    engine, registry = make_reading_engine(database), CollectorRegistry(auto_describe=False)
    registry.register(OfficeCollector(engine, database, MetricsSection(), Clock()))
    text = generate_latest(registry).decode()
    engine.dispose()
    return text


def test_the_metrics_have_no_fault(filled: Engine, database: DatabaseSection) -> None:
    """Names, units, types and help texts are as Prometheus asks for; a fault would be shown."""
    assert filled
    text = exposition(database)
    assert (promtool("check", "metrics", text=text).stdout, len(text) > 1000) == ("", True)
    wrong = promtool("check", "metrics", text=text.replace("messages_total", "messages"))
    assert wrong.returncode


def test_the_rules_are_read() -> None:
    """Every expression and template of the rules is one that Prometheus reads."""
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stderr
    assert f"{len(FIRING)} rules found" in done.stdout


def test_the_rules_name_metrics_that_there_are(filled: Engine, database: DatabaseSection) -> None:
    """A rule on a metric that the office does not have would never fire."""
    assert filled
    named = set(re.findall(r"gardu_office_\w+", RULES.read_text(encoding="utf-8")))
    named.discard("gardu_office_certificate_expiry_timestamp_seconds")  # only with a broker kit
    assert named <= set(re.findall(r"^gardu_office_\w+", exposition(database), re.MULTILINE))


@pytest.mark.parametrize("alert", FIRING)
def test_each_rule_fires(alert: str, tmp_path: Path) -> None:
    """With the series of its case, and no other rule does but that of an office that is away."""
    series, values, words = FIRING[alert]
    assert words in summaries(alert, series, values, tmp_path)


def test_no_rule_fires_without_cause(tmp_path: Path) -> None:
    """An office where all is well gives no alert."""
    case = rule_test([("gardu_office_database_up", "1x40"), *((s, "0x40") for s in calm())])
    case["tests"][0]["alert_rule_test"] = [
        {"eval_time": "35m", "alertname": alert, "exp_alerts": []} for alert in FIRING
    ]
    file = tmp_path / "calm.yml"
    file.write_text(json.dumps(case), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def calm() -> list[str]:
    """Return the series of :data:`FIRING` that are 0 where all is well."""
    never = {"GarduOfficeAway", "GarduCertificateExpires"}
    return [series for alert, (series, *_) in FIRING.items() if alert not in never]


def rule_test(series: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a test of the rules with *series* in steps of a minute; JSON of it is YAML too."""
    values = [{"series": name, "values": numbers} for name, numbers in series]
    return {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": values}],
    }


def summaries(alert: str, series: str, values: str, folder: Path) -> str:
    """Return what promtool shows of *alert*, which is expected not to fire."""
    case = rule_test([(series, values)])
    case["tests"][0]["alert_rule_test"] = [
        {"eval_time": "35m", "alertname": alert, "exp_alerts": []}
    ]
    file = folder / "rules.yml"
    file.write_text(json.dumps(case), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    assert done.returncode, f"{alert} does not fire"
    return done.stdout + done.stderr
