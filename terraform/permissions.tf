# Who may do what: one grant a line of docs/permissions.md. Every grant is non-authoritative.

locals {
  function_members = { for name, account in google_service_account.function : name => account.member }

  # Conditions of grants. Listing is a right on the bucket, so its prefix is compared as well. Without
  # white space around the whole, which IAM takes away.
  always = "request.time >= timestamp(\"2000-01-01T00:00:00Z\")"
  below_prefix = join(" || ", [
    "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.landing.name}/objects/PREFIX\")",
    "api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"PREFIX\")",
  ])
}

# Messages

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = module.topology.publishers

  topic  = google_pubsub_topic.topic[each.value.topic].id
  role   = "roles/pubsub.publisher"
  member = local.function_members[each.value.function]

  depends_on = [time_sleep.identities]
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  for_each = module.topology.dead_letters

  topic  = google_pubsub_topic.dead_letters[each.key].id
  role   = "roles/pubsub.publisher"
  member = local.function_members[each.key]

  depends_on = [time_sleep.identities]
}

# Pub/Sub itself moves a message there after its last attempt: it publishes it, and acknowledges it
# in the subscription that it came from.
resource "google_pubsub_topic_iam_member" "dead_letters_agent" {
  for_each = module.topology.dead_letters

  topic  = google_pubsub_topic.dead_letters[each.key].id
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent

  depends_on = [time_sleep.identities]
}

resource "google_pubsub_subscription_iam_member" "push_agent" {
  for_each = module.topology.subscriptions

  subscription = google_pubsub_subscription.push[each.key].id
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent

  depends_on = [time_sleep.identities]
}

resource "google_pubsub_topic_iam_member" "drop_agent" {
  topic  = google_pubsub_topic.topic[local.topology.drop.topic].id
  role   = "roles/pubsub.publisher"
  member = local.storage_agent

  depends_on = [time_sleep.identities]
}

# Calls

# Destroying a function takes its service's grants with it, unseen by Terraform.
resource "google_cloud_run_v2_service_iam_member" "push" {
  for_each = module.topology.dead_letters

  name     = google_cloudfunctions2_function.function[each.key].name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.push[each.key].member

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.function[each.key].id]
  }
}

resource "google_service_account_iam_member" "push_agent" {
  for_each = module.topology.dead_letters

  service_account_id = google_service_account.push[each.key].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.pubsub_agent

  depends_on = [time_sleep.identities]
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = var.callers

  name     = google_cloudfunctions2_function.function["gateway"].name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.key

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.function["gateway"].id]
  }
}

# Objects

resource "google_storage_bucket_iam_member" "function" {
  for_each = module.topology.object_grants

  bucket = google_storage_bucket.landing.name
  # Writers may delete as well: replacing a checkpoint needs it, and whether a create that meets an
  # existing object is answered 412 without it (what the code expects) Google doesn't say.
  role   = each.value.writes ? "roles/storage.objectUser" : "roles/storage.objectViewer"
  member = local.function_members[each.value.function]

  condition {
    title      = each.key
    expression = replace(local.below_prefix, "PREFIX", each.value.prefix)
  }

  depends_on = [time_sleep.identities]
}

# A load job looks at the bucket as well as at its objects:
# https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#required_permissions
resource "google_storage_bucket_iam_member" "loader" {
  for_each = toset([
    for name, function in module.topology.functions : name
    if length(function.reads_objects) > 0 && length(function.writes_tables) > 0
  ])

  bucket = google_storage_bucket.landing.name
  role   = "roles/storage.legacyBucketReader"
  member = local.function_members[each.key]

  depends_on = [time_sleep.identities]
}

# Tables

resource "google_bigquery_dataset_iam_member" "function" {
  for_each = module.topology.table_grants

  dataset_id = google_bigquery_dataset.dataset[each.value.dataset].dataset_id
  role       = each.value.writes ? "roles/bigquery.dataEditor" : "roles/bigquery.dataViewer"
  member     = local.function_members[each.value.function]

  depends_on = [time_sleep.identities]
}

# A job belongs to a project, not to a dataset: this role has no smaller place.
resource "google_project_iam_member" "job_user" {
  for_each = module.topology.job_users

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = local.function_members[each.key]

  depends_on = [time_sleep.identities]
}

resource "google_bigquery_table_iam_member" "record_agent" {
  dataset_id = google_bigquery_table.table[local.topology.record_table].dataset_id
  table_id   = google_bigquery_table.table[local.topology.record_table].table_id
  role       = "roles/bigquery.dataEditor"
  member     = local.pubsub_agent

  depends_on = [time_sleep.identities]
}

resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = {
    for pair in setproduct(["st_kpi_mart", "partyhelp"], var.readers) : "${pair[1]} reads ${pair[0]}" => { dataset = pair[0], member = pair[1] }
  }

  dataset_id = google_bigquery_dataset.dataset[each.value.dataset].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value.member
}

# The condition, which always holds, keeps environments apart: destroying one leaves the other's.
resource "google_project_iam_member" "reader_jobs" {
  for_each = var.readers

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = each.key

  condition {
    title      = "Baton ${local.labels.environment}"
    expression = local.always
  }
}

# Secrets

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = module.topology.secret_grants

  secret_id = google_secret_manager_secret.secret[each.value.variable].id
  role      = "roles/secretmanager.secretAccessor"
  member    = local.function_members[each.value.function]

  depends_on = [time_sleep.identities]
}
