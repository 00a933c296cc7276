# What operators need for `python -m operations`: to ask for runs, to confirm what is held back, to
# redrive dead letters, to replay rejected rows and to read the record and the logs. Nothing else.

locals {
  requested_topics = toset([for subscription in module.topology.subscriptions : subscription.topic if contains(keys(module.topology.topics), subscription.topic)])
  # A batch of several tables is replayed as a batch, any other as a dropped file.
  operator_objects = {
    "landing/"           = "roles/storage.objectViewer"
    "rejects/"           = "roles/storage.objectViewer"
    "landing/partyhelp/" = "roles/storage.objectCreator"
    "rejects/partyhelp/" = "roles/storage.objectCreator"
    "drop/"              = "roles/storage.objectCreator"
  }

  # Key to the member and the thing, for each operator.
  operators_by_topic   = { for pair in setproduct(var.operators, local.requested_topics) : "${pair[0]} asks ${pair[1]}" => { member = pair[0], topic = pair[1] } }
  operators_by_letters = { for pair in setproduct(var.operators, keys(module.topology.dead_letters)) : "${pair[0]} redrives ${pair[1]}" => { member = pair[0], function = pair[1] } }
  operators_by_dataset = { for pair in setproduct(var.operators, ["ops", "ops_log"]) : "${pair[0]} reads ${pair[1]}" => { member = pair[0], dataset = pair[1] } }
  operators_by_objects = { for pair in setproduct(var.operators, keys(local.operator_objects)) : "${pair[0]} uses ${pair[1]}" => { member = pair[0], prefix = pair[1] } }
  operators_by_role    = { for pair in setproduct(var.operators, ["roles/bigquery.jobUser", "roles/logging.viewer"]) : "${pair[0]} has ${pair[1]}" => { member = pair[0], role = pair[1] } }
}

resource "google_pubsub_topic_iam_member" "operator" {
  for_each = local.operators_by_topic

  topic  = google_pubsub_topic.topic[each.value.topic].id
  role   = "roles/pubsub.publisher"
  member = each.value.member
}

resource "google_pubsub_subscription_iam_member" "operator" {
  for_each = local.operators_by_letters

  subscription = google_pubsub_subscription.dead_letters[each.value.function].id
  role         = "roles/pubsub.subscriber"
  member       = each.value.member
}

resource "google_bigquery_dataset_iam_member" "operator" {
  for_each = local.operators_by_dataset

  dataset_id = google_bigquery_dataset.dataset[each.value.dataset].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value.member
}

# A confirmation is an entry of this table.
resource "google_bigquery_table_iam_member" "operator" {
  for_each = var.operators

  dataset_id = google_bigquery_table.table["ops.requests"].dataset_id
  table_id   = google_bigquery_table.table["ops.requests"].table_id
  role       = "roles/bigquery.dataEditor"
  member     = each.key
}

resource "google_storage_bucket_iam_member" "operator" {
  for_each = local.operators_by_objects

  bucket = google_storage_bucket.landing.name
  role   = local.operator_objects[each.value.prefix]
  member = each.value.member

  condition {
    title      = each.value.prefix
    expression = replace(local.below_prefix, "PREFIX", each.value.prefix)
  }
}

# The condition, which always holds, keeps environments apart: destroying one leaves the other's.
resource "google_project_iam_member" "operator" {
  for_each = local.operators_by_role

  project = var.project_id
  role    = each.value.role
  member  = each.value.member

  condition {
    title      = "Baton ${local.labels.environment} operators"
    expression = local.always
  }
}
