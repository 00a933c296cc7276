# One page: is anything stuck, is anything failing, did each dataset arrive, what does it cost.

locals {
  subscription_metric = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription"
  function_metric     = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com"

  # Title to the series, how each is aligned, and what they are summed by.
  charts = {
    "1. Messages that wait" = {
      filter = "${local.subscription_metric}/num_undelivered_messages\"", aligner = "ALIGN_MAX", by = "resource.label.subscription_id"
    }
    "2. Age of the oldest message (s)" = {
      filter = "${local.subscription_metric}/oldest_unacked_message_age\"", aligner = "ALIGN_MAX", by = "resource.label.subscription_id"
    }
    "3. Events by topic" = {
      filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.events_metric}\"", aligner = "ALIGN_SUM", by = "metric.label.topic"
    }
    "4. Batches loaded, by dataset" = {
      filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.events_metric}\" AND metric.label.topic=\"load-completed\"", aligner = "ALIGN_SUM", by = "metric.label.dataset"
    }
    "5. Pushes answered with an error" = {
      filter = "${local.function_metric}/request_count\" AND metric.label.response_code_class!=\"2xx\"", aligner = "ALIGN_SUM", by = "resource.label.service_name"
    }
    "6. Billed instance time (s)" = {
      filter = "${local.function_metric}/container/billable_instance_time\"", aligner = "ALIGN_SUM", by = "resource.label.service_name"
    }
  }
}

resource "google_monitoring_dashboard" "baton" {
  dashboard_json = jsonencode({
    displayName = "Baton ${var.prefix}"
    labels      = local.labels
    mosaicLayout = {
      columns = 48
      tiles = [
        # Google leaves out a position of 0, and so do we, or each plan would differ.
        for position, title in keys(local.charts) : merge({ for axis, at in { xPos = position % 2 * 24, yPos = floor(position / 2) * 16 } : axis => at if at > 0 }, {
          width  = 24
          height = 16
          widget = {
            title = title
            xyChart = {
              dataSets = [{
                plotType = "STACKED_BAR"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = local.charts[title].filter
                    aggregation = {
                      alignmentPeriod    = "3600s"
                      perSeriesAligner   = local.charts[title].aligner
                      crossSeriesReducer = local.charts[title].aligner == "ALIGN_MAX" ? "REDUCE_MAX" : "REDUCE_SUM"
                      groupByFields      = [local.charts[title].by]
                    }
                  }
                }
              }]
            }
          }
        })
      ]
    }
  })

  depends_on = [google_cloudfunctions2_function.function]
}
