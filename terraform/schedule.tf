# Cloud Scheduler asks for each dataset at its catalogue's times, in its pipeline's zone, and for what
# the topology schedules.

resource "google_cloud_scheduler_job" "request" {
  for_each = module.topology.schedules

  name        = "${var.prefix}${each.key}"
  region      = var.region
  description = each.value.description
  schedule    = lookup(var.schedule_times, each.key, each.value.cron)
  time_zone   = each.value.zone

  # What an operator pauses or resumes by hand stays so: null leaves it as it is.
  paused = contains(var.paused_schedules, each.key) ? true : null

  pubsub_target {
    topic_name = google_pubsub_topic.topic[each.value.topic].id
    data       = base64encode(jsonencode(each.value.data))
    attributes = each.value.attributes
  }

  retry_config {
    retry_count          = 3
    min_backoff_duration = "10s"
  }
}
