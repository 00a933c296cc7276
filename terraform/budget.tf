# What the project may cost a month, before somebody is told.

resource "google_billing_budget" "month" {
  for_each = var.monthly_budget == null ? {} : { month = var.monthly_budget }

  billing_account = each.value.billing_account
  display_name    = "Baton ${local.labels.environment}: ${var.project_id}"

  budget_filter {
    projects = ["projects/${data.google_project.this.number}"]
  }

  amount {
    specified_amount {
      currency_code = each.value.currency
      units         = tostring(each.value.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    monitoring_notification_channels = slice(local.channels, 0, min(length(local.channels), 5)) # five is the most
  }

  depends_on = [time_sleep.apis]
}
