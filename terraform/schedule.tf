# Cloud Scheduler asks for each dataset at its catalogue's times, in its pipeline's zone.

resource "google_cloud_scheduler_job" "request" {
  for_each = module.topology.schedules

  name        = "${var.prefix}${each.key}"
  region      = var.region
  description = "Baton: asks for ${each.value.data.dataset}"
  schedule    = each.value.cron
  time_zone   = each.value.zone

  # What an operator pauses or resumes by hand stays so: null leaves it as it is.
  paused = contains(var.paused_schedules, each.key) ? true : null

  pubsub_target {
    topic_name = google_pubsub_topic.topic["ingest-requested"].id
    data       = base64encode(jsonencode(each.value.data))
    attributes = each.value.attributes
  }

  retry_config {
    retry_count          = 3
    min_backoff_duration = "10s"
  }
}
