# What tells a person: e-mails when something is given up or fails its checks, when events are not
# recorded and when nothing is checked, and one dashboard. One cause is one alert: a dataset that brings
# nothing is a finding of the checks (freshness, waiting), a message that a function can't handle is a
# dead letter, and nothing else watches either. docs/deploy.md says what to do about each.

locals {
  hour = 60 * 60

  # Monitoring looks back 25 hours and waits for at most 23.5 more.
  longest_look_back = 25

  function_logs = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for function in module.topology.functions : "\"${var.prefix}baton-${function.dashed}\""])})"
  events_metric = "logging.googleapis.com/user/${google_logging_metric.events.name}"
  channels      = concat(values(google_monitoring_notification_channel.email)[*].name, tolist(var.alert_channels))
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  display_name = "Baton: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
  user_labels  = local.labels

  depends_on = [time_sleep.apis]
}

# shared/stage.py logs one line for each event that a function publishes.
resource "google_logging_metric" "events" {
  name        = "${var.prefix}baton-events"
  description = "Baton: events that the functions published, by topic and dataset."
  filter      = "${local.function_logs} AND jsonPayload.message=~\"^[a-z_]+ published [a-z-]+$\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
    labels {
      key        = "topic"
      value_type = "STRING"
    }
    labels {
      key        = "dataset"
      value_type = "STRING"
    }
  }

  label_extractors = {
    topic   = "REGEXP_EXTRACT(jsonPayload.message, \"published ([a-z-]+)$\")"
    dataset = "EXTRACT(jsonPayload.event.dataset)"
  }

  depends_on = [time_sleep.apis]
}

resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "Baton ${var.prefix}: messages in the dead letters"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "A function gave a message up"
    condition_threshold {
      filter          = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id=one_of(${join(",", [for subscription in google_pubsub_subscription.dead_letters : "\"${subscription.name}\""])})"
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "$${resource.label.subscription_id} holds messages that could not be handled; each says why in its attribute `baton_reason`. Mend the cause, then redrive them: docs/operations.md."
  }
}

resource "google_monitoring_alert_policy" "waiting" {
  display_name          = "Baton ${var.prefix}: an event waits to be recorded for more than an hour"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "The oldest unacknowledged message is older than an hour"
    condition_threshold {
      filter          = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id=one_of(${join(",", [for subscription in google_pubsub_subscription.record : "\"${subscription.name}\""])})"
      comparison      = "COMPARISON_GT"
      threshold_value = local.hour
      duration        = "0s"
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "$${resource.label.subscription_id} can't write into `ops.events`, which runs and the audit read: compare the table with its schema, and Pub/Sub's rights on it. What waits for seven days is lost."
  }
}

resource "google_monitoring_alert_policy" "checks_silent" {
  display_name          = "Baton ${var.prefix}: nothing was checked"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "No quality run in 30 hours"
    condition_threshold {
      filter                  = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.events_metric}\" AND metric.labels.topic=\"quality-completed\""
      comparison              = "COMPARISON_LT"
      threshold_value         = 1
      duration                = "${5 * local.hour}s"
      evaluation_missing_data = "EVALUATION_MISSING_DATA_ACTIVE"
      aggregations {
        alignment_period     = "${local.longest_look_back * local.hour}s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The quality stage watches what is missing, and it has not run: the chain stands still before it."
  }

  depends_on = [time_sleep.metric]
}

# The quality stage logs one line when a finding is opened, whatever follows from it, and one when it
# has healed: a log-based alert does not close by itself.
resource "google_monitoring_alert_policy" "findings" {
  for_each = {
    opened = "Expected: $${log.extracted_label.expected}. Found: $${log.extracted_label.found}. Mend: $${log.extracted_label.mend}. This $${log.extracted_label.when}. `ops.findings` has the rows and a query that shows them."
    healed = "What was alerted is in order again: nothing is left to do."
  }

  display_name          = "Baton ${var.prefix}: a finding was ${each.key}"
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.channels
  user_labels           = local.labels

  conditions {
    display_name = "A finding was ${each.key}"
    condition_matched_log {
      filter = "${local.function_logs} AND jsonPayload.message=~\"^finding ${each.key}: \""
      label_extractors = {
        check    = "EXTRACT(jsonPayload.check_name)"
        subject  = "EXTRACT(jsonPayload.subject)"
        expected = "EXTRACT(jsonPayload.expected)"
        found    = "EXTRACT(jsonPayload.found)"
        mend     = "EXTRACT(jsonPayload.mend)"
        when     = "EXTRACT(jsonPayload.when)"
      }
    }
  }

  alert_strategy {
    auto_close = "${7 * 24 * local.hour}s"
    notification_rate_limit {
      period = "300s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "$${log.extracted_label.check}: $${log.extracted_label.subject}. ${each.value}"
  }

  depends_on = [time_sleep.apis]
}
