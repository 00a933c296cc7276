# What Google says is done takes effect later: how long to wait, so that one apply is enough.

# An API that was just enabled still answers 403 SERVICE_DISABLED for a while.
resource "time_sleep" "apis" {
  create_duration = "60s"
  triggers        = { apis = join(" ", sort(local.apis)) }

  depends_on = [google_project_service.api]
}

# A policy may not name a service account right after it was made: 400 "does not exist".
# https://cloud.google.com/iam/docs/service-accounts-create
resource "time_sleep" "identities" {
  create_duration = "60s"
  triggers = {
    accounts = sha256(jsonencode([
      [for account in google_service_account.function : account.unique_id],
      [for account in google_service_account.push : account.unique_id],
      google_service_account.builder.unique_id,
    ]))
  }

  depends_on = [terraform_data.agents]
}

# Grants are in force after two minutes, mostly. Whatever Google checks when a thing is made (a build,
# a function's secrets, a recording subscription, a notification) waits for them.
# https://cloud.google.com/iam/docs/access-change-propagation
resource "time_sleep" "grants" {
  create_duration = "120s"
  triggers = {
    grants = sha256(jsonencode([
      [for grant in google_secret_manager_secret_iam_member.function : grant.id],
      google_artifact_registry_repository_iam_member.builder.id,
      google_bigquery_table_iam_member.record_agent.id,
      google_project_iam_member.builder_logs.id,
      google_project_iam_member.builder_source.id,
      google_pubsub_topic_iam_member.drop_agent.id,
      google_storage_bucket_iam_member.builder.id,
    ]))
  }
}

# An alert may not name a log-based metric right after it was made: 404.
resource "time_sleep" "metric" {
  create_duration = "60s"
  triggers        = { metric = google_logging_metric.events.id }
}

resource "time_sleep" "key" {
  create_duration = var.kms_key == "" ? "0s" : "120s"
  triggers        = { grants = join(" ", [for grant in google_kms_crypto_key_iam_member.agent : grant.id]) }
}
