# Topics, our own push subscriptions (Eventarc's would have neither filter, backoff nor dead letters
# of ours), the dead letters, the recording of events, and the notification of dropped files.

resource "google_pubsub_topic" "topic" {
  #checkov:skip=CKV_GCP_83:Google's own key: the messages name batches and days, and hold no row.
  for_each = module.topology.topics

  name         = "${var.prefix}${each.key}"
  kms_key_name = one(compact([var.kms_key]))

  depends_on = [time_sleep.apis, time_sleep.key]
}

resource "google_pubsub_topic" "dead_letters" {
  #checkov:skip=CKV_GCP_83:Google's own key: the messages name batches and days, and hold no row.
  for_each = module.topology.dead_letters

  name         = "${var.prefix}${each.value}"
  kms_key_name = one(compact([var.kms_key]))

  depends_on = [time_sleep.apis, time_sleep.key]
}

resource "google_pubsub_subscription" "dead_letters" {
  for_each = module.topology.dead_letters

  name                       = "${var.prefix}${each.value}"
  topic                      = google_pubsub_topic.dead_letters[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days, the longest there is

  expiration_policy {
    ttl = "" # never: the default is after 31 days without a message
  }
}

resource "google_service_account" "push" {
  for_each = module.topology.dead_letters

  account_id   = "${var.prefix}push-${module.topology.functions[each.key].dashed}"
  display_name = "Baton: pushes messages to ${each.key}, and may do nothing else"

  depends_on = [time_sleep.apis]
}

locals {
  topic_ids = merge(
    { for name, topic in google_pubsub_topic.topic : name => topic.id },
    { for function, topic in google_pubsub_topic.dead_letters : module.topology.dead_letters[function] => topic.id },
  )
}

resource "google_pubsub_subscription" "push" {
  for_each = module.topology.subscriptions

  name                       = "${var.prefix}${each.key}"
  topic                      = local.topic_ids[each.value.topic]
  filter                     = each.value.filter
  ack_deadline_seconds       = each.value.ack_deadline_seconds
  message_retention_duration = "604800s" # 7 days: a long weekend to mend a function in

  push_config {
    push_endpoint = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    oidc_token {
      service_account_email = google_service_account.push[each.value.function].email
      audience              = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minimum_backoff_seconds}s"
    maximum_backoff = "${each.value.maximum_backoff_seconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters[each.value.function].id
    max_delivery_attempts = each.value.max_delivery_attempts
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [
    google_pubsub_topic_iam_member.dead_letters_agent,
    google_pubsub_subscription.dead_letters,
    google_cloud_run_v2_service_iam_member.push,
  ]
}

resource "google_pubsub_subscription" "record" {
  for_each = module.topology.recordings

  name                       = "${var.prefix}${each.key}"
  topic                      = google_pubsub_topic.topic[each.value].id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  bigquery_config {
    table          = "${var.project_id}.${google_bigquery_table.table[local.topology.record_table].dataset_id}.${google_bigquery_table.table[local.topology.record_table].table_id}"
    write_metadata = true
  }

  expiration_policy {
    ttl = ""
  }

  depends_on = [time_sleep.grants]
}

resource "google_storage_notification" "drop" {
  bucket             = google_storage_bucket.landing.name
  topic              = google_pubsub_topic.topic[local.topology.drop.topic].id
  payload_format     = "JSON_API_V1"
  event_types        = ["OBJECT_FINALIZE"]
  object_name_prefix = local.topology.drop.prefix

  depends_on = [time_sleep.grants]
}
