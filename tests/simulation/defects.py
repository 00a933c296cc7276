"""Planted defects: small faults in our own protocol, each of which the simulation must catch."""

from tests.simulation.planting import Defect

SETTLE = "dedupe/settle.sql"
SETTLING = "dedupe/settling.sql"
DECIDE = "dedupe/decide.sql"
MOVE = "dedupe/move.sql"
DUE = "mart/due.sql"
REBUILD = "mart/rebuild.sql"
REPLACE = "mart/replace.sql"
DEDUPE = "functions.dedupe.settling"
JOBS = "shared.warehouse.jobs"
STAGE = "shared.stage"

DEDUPE_LOCK = "UPDATE ${log} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = new_version - 1;"
MART_LOCK = "UPDATE ${log} SET replaced_at = CURRENT_TIMESTAMP() WHERE version = due.version - 1;"
NO_DEDUPE_VERSION = "RAISE USING MESSAGE = 'no version 0 in ${log}';"
SPLIT = "COMMIT TRANSACTION; BEGIN TRANSACTION;"
PUBLISH = """\
    clients.publisher().publish(
        topic=settings().topic(topic),
        messages=[message],
        retry=Retry(initial=0.1, timeout=clock.limit(PUBLISH_TIMEOUT_SECONDS)),
"""
PUBLISH_AND_FORGET = """\
    with __import__("contextlib").suppress(Exception): clients.publisher().publish(
        topic=settings().topic(topic),
        messages=[message],
        retry=None,
"""

_TABLE = (
    Defect("dedupe takes no lock", SETTLE, DEDUPE_LOCK, "SELECT 1;"),
    Defect(
        "dedupe locks a row that is not there",
        SETTLE,
        "WHERE version = new_version - 1;",
        "WHERE version = new_version;",
    ),
    Defect(
        "dedupe does without a version 0",
        SETTLE,
        NO_DEDUPE_VERSION,
        "SET new_version = 0;",
        needs="new_logs",
    ),
    Defect(
        "dedupe logs outside of its transaction",
        SETTLE,
        "  INSERT INTO ${log} (",
        f"  {SPLIT}\n  INSERT INTO ${{log}} (",
    ),
    Defect(
        "dedupe takes its lock in a transaction of its own",
        SETTLE,
        DEDUPE_LOCK,
        f"{DEDUPE_LOCK} {SPLIT}",
    ),
    Defect(
        "dedupe settles what others settled after it looked",
        SETTLING,
        "    AND taken.batch_id IS NULL\n),",
        "),",
    ),
    Defect(
        "dedupe carries a withdrawal out and doesn't log it",
        SETTLE,
        "    new_withdrawals,\n    IF",
        "    [],\n    IF",
        needs="withdrawal",
    ),
    Defect(
        "dedupe answers a request and doesn't log it",
        SETTLE,
        "IF(@is_partial, [], settling.requests)",
        "[]",
        needs="request",
    ),
    Defect(
        "a version reports the days of its batches alone",
        "dedupe/outcome.sql",
        "ARRAY(SELECT DISTINCT day FROM moved ORDER BY day) AS days",
        "ARRAY(SELECT DISTINCT day FROM moved WHERE place = 3 ORDER BY day) AS days",
        needs="pulls_again",
    ),
    Defect(
        "rows that arrive superseded are dropped",
        MOVE,
        "      moved.reason IS NOT NULL;",
        "      moved.reason IS NOT NULL AND moved.place = 1;",
        needs="pulls_again",
    ),
    Defect(
        "superseded rows stay current as well",
        MOVE,
        "        moved.place = 1\n        OR moved.reason IS NULL",
        "        moved.reason IS NULL",
        needs="pulls_again",
    ),
    Defect(
        "a withdrawal restores nothing",
        MOVE,
        "            AND is_restoring",
        "AND FALSE",
        needs="withdrawal",
    ),
    Defect(
        "what is restored stays among the superseded rows",
        MOVE,
        "WHERE place = 2) AS moved",
        "WHERE place = 2 AND reason IS NOT NULL) AS moved",
        needs="withdrawal",
    ),
    Defect(
        "a withdrawn pull still takes rows away",
        "dedupe/pulls.sql",
        "    AND withdrawn.batch_id IS NULL",
        "",
        needs="withdrawal",
    ),
    Defect(
        "a withdrawn batch keeps its rows",
        DECIDE,
        "      WHEN withdrawal_id IS NOT NULL THEN 'withdrawn'\n",
        "",
        needs="withdrawal",
    ),
    Defect(
        "the newest withdrawal doesn't count",
        "dedupe/settled.sql",
        "ORDER BY entry.entered_at DESC",
        "ORDER BY entry.entered_at",
        needs="withdrawal",
    ),
    Defect(
        "a rejected row takes its earlier version away",
        DECIDE,
        "    AND rejected.batch_id IS NULL",
        "",
        needs="rejected_again",
    ),
    Defect(
        "a unit that is held back is settled all the same",
        "dedupe/arriving.sql",
        "  WHERE\n    held.batch_id IS NULL\n",
        "",
        needs="hold_of_rows",
    ),
    Defect(
        "a hold is not for each unit",
        DECIDE,
        "    AND held.business_unit = ${ranked_unit}",
        "",
        needs="hold",
    ),
    Defect(
        "of two pulls of one instant the first wins",
        DECIDE,
        "pulls.batch_id > ranked._batch_id",
        "pulls.batch_id < ranked._batch_id",
        needs="pulls_again",
    ),
    Defect(
        "a row that arrives again is taken for another",
        "dedupe/versions.sql",
        "PARTITION BY placed_rows._batch_id, placed_rows._row ORDER BY placed_rows.place",
        "PARTITION BY placed_rows._batch_id, placed_rows._row, placed_rows.place "
        "ORDER BY placed_rows.place",
        needs="refill",
    ),
    Defect(
        "superseded versions of a key are not looked at",
        "dedupe/versions.sql",
        "  FROM ${superseded}\n  WHERE ${day} BETWEEN ${extent}",
        "  FROM ${superseded}\n  WHERE FALSE AND ${day} BETWEEN ${extent}",
        needs="pulls_again",
    ),
    Defect(
        "moves are recorded of arriving rows alone",
        "dedupe/record_moves.sql",
        "        ${moved}\n      );",
        "        ${moved}\n      ) WHERE place = 3;",
        needs="pulls_again",
    ),
    Defect(
        "a pull that removes too large a share is let through",
        "dedupe/judge.sql",
        "losses.brought = 0 OR losses.removed > losses.row_count * @max_removed_share",
        "losses.brought = 0",
        needs="hold_of_rows",
    ),
    Defect(
        "a version counts no superseded rows",
        "dedupe/outcome.sql",
        "COUNTIF(reason IS NOT NULL) AS superseded",
        "0 AS superseded",
        needs="pulls_again",
    ),
    Defect(
        "dedupe's event names another version",
        f"{DEDUPE}:Settled.facts",
        '"version": self.version,',
        '"version": self.version + 1,',
    ),
    Defect("a mart takes no lock", REBUILD, MART_LOCK, "SELECT 1;"),
    Defect(
        "a mart does without a version 0",
        REBUILD,
        "due.version IS NULL",
        "FALSE",
        needs="new_logs",
    ),
    Defect(
        "a mart logs outside of its transaction",
        REBUILD,
        "  INSERT INTO ${log} (",
        f"  {SPLIT}\n  INSERT INTO ${{log}} (",
    ),
    Defect(
        "a mart rebuilds the newest version's days alone",
        "mart/due_days.sql",
        "  GROUP BY input_versions.name, day\n),",
        "  INNER JOIN newest ON newest.version = input_versions.version\n"
        "  GROUP BY input_versions.name, day\n),",
    ),
    Defect(
        "a mart logs newer inputs than it shows",
        DUE,
        "    SELECT AS STRUCT name, version\n",
        "    SELECT AS STRUCT name, version + 1 AS version\n",
    ),
    Defect(
        "a mart forgets an input",
        DUE,
        "    FROM newest\n    ORDER BY name",
        "    FROM newest\n    WHERE name != 'mart_wbr' AND name != 'daily_wbr'\n    ORDER BY name",
    ),
    Defect(
        "a mart leaves facts that have no rows any more",
        REPLACE,
        "WHEN NOT MATCHED BY SOURCE AND ${current_is_due} THEN\n    DELETE;",
        "WHEN NOT MATCHED BY SOURCE AND FALSE THEN\n    DELETE;",
    ),
    Defect(
        "a mart leaves facts that changed",
        REPLACE,
        "WHEN MATCHED AND (${current_differs}) THEN",
        "WHEN MATCHED AND FALSE THEN",
        needs="pulls_again",
    ),
    Defect(
        "a better version of a key replaces none",
        DECIDE,
        "      WHEN is_replaced_first THEN 'key'\n",
        "      WHEN is_replaced_first THEN NULL\n",
        needs="pulls_again",
    ),
    Defect(
        "a confirmation is answered and settles nothing",
        SETTLING,
        "    ON requests.kind = 'confirm'\n",
        "    ON requests.kind = 'confirmed'\n",
        needs="confirmed_hold",
    ),
    Defect(
        "what a mart replaces is not kept",
        REPLACE,
        "    AND (fresh.${any_key} IS NULL OR ${replaced_differs});",
        "    AND fresh.${any_key} IS NULL;",
        needs="pulls_again",
    ),
    Defect(
        "version 0 is never written",
        f"{JOBS}:attempt",
        "            create_first_version(log)\n",
        "            raise\n",
        needs="new_logs",
    ),
    Defect(
        "version 0 is written over what is there",
        "shared.warehouse.log:create_first_version",
        "WriteDisposition.WRITE_EMPTY",
        "WriteDisposition.WRITE_TRUNCATE",
        needs="new_logs",
    ),
    Defect(
        "a staging table is shared",
        "shared.catalog.model:RawTable.staging",
        "staging_table(self.address, batch_id)",
        "staging_table(self.address, 'shared')",
    ),
    Defect(
        "a staging table is appended to",
        "shared.warehouse.loading:stage",
        "WriteDisposition.WRITE_TRUNCATE",
        "WriteDisposition.WRITE_APPEND",
    ),
    Defect(
        "a batch is entered before it is loaded",
        "functions.load.loading:load_batch",
        "        stage(parts, staging)\n"
        "        _enter(event, manifest, tables, parts, "
        "comparisons(dataset, [manifest], parts, staging))",
        "        _enter(event, manifest, tables, parts, ())\n        stage(parts, staging)",
    ),
    Defect(
        "load takes a staging table that is there for a batch that is entered",
        "functions.load.loading:load_batch",
        "if there_since is None or not _is_entered(manifest.batch_id, there_since):",
        "if there_since is None:",
    ),
    Defect(
        "what has expired is not loaded again",
        f"{DEDUPE}:_asked_again",
        "for batch in expired.batches.values():",
        "for batch in ():",
        needs="expiry",
    ),
    Defect(
        "the sweep wakes no dataset",
        "functions.sweep.sweeping:_wakes",
        "for dataset in catalog().datasets.values():",
        "for dataset in ():",
        needs="lost_messages",
    ),
    Defect(
        "the sweep announces nothing again",
        "functions.sweep.sweeping:sweep_or_report",
        "    _announce_again(datetime.now(UTC))\n",
        "",
        needs="lost_messages",
    ),
    Defect(
        "dedupe stops where others were first",
        f"{DEDUPE}:settle_dataset",
        "if settled and _is_all(work, seen, settled[0]):",
        "if not settled or _is_all(work, seen, settled[0]):",
    ),
    Defect(
        "a message is acknowledged whether its event was published or not",
        "shared.messaging:publish_data",
        PUBLISH,
        PUBLISH_AND_FORGET,
    ),
    Defect(
        "a failed attempt is acknowledged",
        f"{STAGE}:_handle",
        "            raise\n",
        "            return\n",
    ),
    Defect(
        "what may heal is given up at once",
        f"{STAGE}:_handle",
        "if (message.attempt or 0) < subscription.max_delivery_attempts:",
        "if (message.attempt or 0) < 1:",
    ),
    Defect(
        "a cancelled transaction is taken for a permanent error",
        f"{JOBS}:_failure",
        "return CancelledError(",
        "return ContractError(",
    ),
    Defect(
        "a stage does nothing for a mart's completion",
        "shared.chain:marts_after",
        "return catalog.mart(event.mart).feeds",
        "return ()",
    ),
    Defect(
        "an event's id changes with each delivery",
        "shared.event:following",
        "derived_id(kind.topic, cause.event_id, subject)",
        "derived_id(kind.topic, cause.event_id, subject, __import__('time').time())",
    ),
)

DEFECTS = {defect.name: defect for defect in _TABLE}
