"""Messages as rows of a BigQuery subscription's table.

Columns after https://cloud.google.com/pubsub/docs/bigquery#properties_subscription.
"""

import json
from collections.abc import Callable
from typing import Any

from google.pubsub_v1 import types

from local.pubsub.timestamps import rfc3339

Row = dict[str, Any]
# Writes rows into the table `project.dataset.table`, and raises if it could not write all.
BigQueryWriter = Callable[[str, list[Row]], object]


def table_row(subscription: types.Subscription, message: types.PubsubMessage) -> Row:
    """The message's row: `data` as text, beside it the metadata if the subscription asks for it.

    `publish_time` is RFC 3339 in UTC, `attributes` a JSON object as text.

    Raises:
        UnicodeDecodeError: the data is not UTF-8.
    """
    row: Row = {"data": message.data.decode()}
    if subscription.bigquery_config.write_metadata:
        row |= {
            "subscription_name": subscription.name,
            "message_id": message.message_id,
            "publish_time": rfc3339(message.publish_time),
            "attributes": json.dumps(dict(message.attributes), ensure_ascii=False, sort_keys=True),
        }
    return row
