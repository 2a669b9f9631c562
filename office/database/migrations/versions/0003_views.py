"""Views with readable columns, for reports and dashboards (docs/office-neighbours.md).

A record's data is what a checkpoint published: a key that is not what the contract says is null
here, and fails no query. In PostgreSQL an error in a cast would; hence the functions.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Values that dates of both databases, and of Python, can hold: 1970 to 9999, milliseconds.
_LAST_MS = 253_402_214_400_000
# Seconds, and counts, beyond which a number is nonsense.
_MOST = 1_000_000_000

_DATA_FUNCTION = """
CREATE FUNCTION record_data(payload bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN convert_from(payload, 'UTF8')::jsonb -> 'data';
EXCEPTION WHEN others THEN
    RETURN NULL;
END $$
"""
_NUMBER_FUNCTION = f"""
CREATE FUNCTION record_number(data jsonb, key text) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(data -> key) = 'number' THEN
        CASE WHEN abs((data ->> key)::numeric) < {_MOST}
        THEN round((data ->> key)::numeric, 6)::double precision END
    END
$$
"""
_FROM_RECORDS = (
    "FROM records r JOIN checkpoints c ON c.number = r.checkpoint {data} WHERE r.type {types}"
)


_TEXT = "CAST(r.payload AS TEXT)"


class _PostgreSQL:
    # OFFSET 0: once for each row, not once for each column.
    data = "CROSS JOIN LATERAL (SELECT record_data(r.payload) AS data OFFSET 0) d"

    def time(self, ms: str) -> str:
        return f"to_timestamp(greatest(0, least({ms}, {_LAST_MS})) / 1000.0)"

    def text(self, key: str) -> str:
        return f"CASE WHEN jsonb_typeof(d.data -> '{key}') = 'string' THEN d.data ->> '{key}' END"

    def number(self, key: str) -> str:
        return f"record_number(d.data, '{key}')"

    def whole(self, key: str) -> str:
        return f"CAST(floor(record_number(d.data, '{key}')) AS integer)"

    def truth(self, key: str) -> str:
        return (
            f"CASE WHEN jsonb_typeof(d.data -> '{key}') = 'boolean' "
            f"THEN (d.data ->> '{key}')::boolean END"
        )

    def json(self) -> str:
        return "CAST(d.data AS text)"


class _SQLite:
    data = ""

    def time(self, ms: str) -> str:
        bounded = f"max(0, min({ms}, {_LAST_MS}))"
        return f"strftime('%Y-%m-%dT%H:%M:%fZ', {bounded} / 1000.0, 'unixepoch')"

    def _of(self, key: str, kinds: str, value: str) -> str:
        return f"CASE WHEN {self._kind(key)} IN ({kinds}) THEN {value} END"

    def _kind(self, key: str) -> str:
        return f"CASE WHEN json_valid({_TEXT}) THEN json_type({_TEXT}, '$.data.{key}') END"

    def text(self, key: str) -> str:
        return self._of(key, "'text'", f"json_extract({_TEXT}, '$.data.{key}')")

    def number(self, key: str) -> str:
        value = f"CAST(json_extract({_TEXT}, '$.data.{key}') AS REAL)"
        bounded = f"CASE WHEN abs({value}) < {_MOST} THEN round({value}, 6) END"
        return self._of(key, "'integer', 'real'", bounded)

    def whole(self, key: str) -> str:
        return f"CAST({self.number(key)} AS INTEGER)"

    def truth(self, key: str) -> str:
        return self._of(key, "'true', 'false'", f"json_extract({_TEXT}, '$.data.{key}')")

    def json(self) -> str:
        return f"CASE WHEN json_valid({_TEXT}) THEN json_extract({_TEXT}, '$.data') END"


def upgrade() -> None:
    """Create them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_DATA_FUNCTION)
        op.execute(_NUMBER_FUNCTION)
        made: _PostgreSQL | _SQLite = _PostgreSQL()
    else:
        made = _SQLite()
    for name, select in _views(made).items():
        op.execute(f"CREATE VIEW {name} AS SELECT c.site, c.checkpoint, {select}")


def _views(sql: _PostgreSQL | _SQLite) -> dict[str, str]:
    time, text, number, whole = sql.time, sql.text, sql.number, sql.whole
    trusted = f"{sql.truth('clock_synced')} AS clock_trusted"
    ended = "r.happened_ms"
    started = f"{ended} - 1000 * coalesce({number('duration_s')}, 0)"

    def of_records(types: str) -> str:
        return _FROM_RECORDS.format(data=sql.data, types=types)

    return {
        "report_checkpoints": (
            f"c.status, c.reason, CASE WHEN c.status_ms IS NOT NULL THEN {time('c.status_ms')} END "
            "AS since FROM checkpoints c"
        ),
        "report_visits": (
            "v.visit, v.procedure, v.host, v.persons, "
            f"CASE WHEN v.opened_ms IS NOT NULL THEN {time('v.opened_ms')} END AS opened, "
            f"CASE WHEN v.closed_ms IS NOT NULL THEN {time('v.closed_ms')} END AS closed, "
            "v.outcome, (v.closed_ms - v.opened_ms) / 1000.0 AS duration_s, "
            "v.step AS last_step, nullif(v.overdue, '') AS overdue_step, "
            f"{time('v.last_ms')} AS newest_record "
            "FROM visits v JOIN checkpoints c ON c.number = v.checkpoint"
        ),
        "report_steps": (
            f"r.visit, {text('procedure')} AS procedure, {text('host')} AS host, "
            f"{text('step')} AS step, {whole('number')} AS number, {text('station')} AS station, "
            f"{text('role')} AS role, {text('outcome')} AS outcome, {text('reason')} AS reason, "
            f"{whole('persons')} AS persons, {time(started)} AS started, {time(ended)} AS ended, "
            f"{number('duration_s')} AS duration_s, {number('standard_s')} AS standard_s, "
            f"{number('over_s')} AS over_s, {number('waited_s')} AS waited_s, "
            f"{number('duration_s')} <= {number('standard_s')} AS within_standard, "
            f"{whole('attempts')} AS attempts, {trusted}, r.id "
            f"{of_records(_types('step.completed'))}"
        ),
        "report_alarms": (
            "CASE r.type WHEN 'gardu.alarm.raised.v1' THEN 'raised' WHEN 'gardu.alarm.cleared.v1' "
            f"THEN 'cleared' ELSE 'acknowledged' END AS change, {text('alarm')} AS alarm, "
            f"{time(ended)} AS happened, r.visit, {text('detail')} AS detail, "
            f"{text('panel')} AS panel, {trusted}, r.id "
            f"{of_records(_types('alarm.raised', 'alarm.acknowledged', 'alarm.cleared'))}"
        ),
        "report_alarms_standing": (
            f"a.kind AS alarm, a.since, a.acknowledged, {time('a.arrived_ms')} AS arrived "
            "FROM alarms a JOIN checkpoints c ON c.number = a.checkpoint"
        ),
        "report_records": (
            f"r.id, s.stream, r.sequence, r.type, r.visit, {time(ended)} AS happened, "
            f"{time('r.recorded_ms')} AS recorded, {time('r.arrived_ms')} AS arrived, "
            f"{sql.json()} AS data FROM records r JOIN streams s ON s.number = r.stream "
            f"JOIN checkpoints c ON c.number = r.checkpoint {sql.data}"
        ),
    }


def _types(*names: str) -> str:
    return "IN ({})".format(", ".join(f"'gardu.{name}.v1'" for name in names))
