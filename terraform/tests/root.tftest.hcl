# Run by `make test` wherever the providers can be had. Nothing is made.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/my-project/serviceAccounts/baton@my-project.iam.gserviceaccount.com"
      email  = "baton@my-project.iam.gserviceaccount.com"
      member = "serviceAccount:baton@my-project.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_monitoring_dashboard" {
    defaults = { id = "projects/123456789012/dashboards/baton" }
  }
}

variables {
  project_id = "my-project"
  settings   = { SERVICETITAN_TENANT_ID = "1" }
}

run "everything_can_be_planned" {
  command = plan

  assert {
    condition     = toset(keys(google_cloudfunctions2_function.function)) == toset(keys(local.topology.functions))
    error_message = "Every function of the topology is deployed."
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.push : subscription.expiration_policy[0].ttl == ""])
    error_message = "A subscription must not expire in a quiet month."
  }
  assert {
    condition     = alltrue([for table in google_bigquery_table.table : table.deletion_protection])
    error_message = "Tables are protected by default."
  }
}

run "environments_share_no_name" {
  command = plan
  variables {
    prefix = "dev-"
  }

  assert {
    condition = alltrue(concat(
      [for topic in google_pubsub_topic.topic : startswith(topic.name, "dev-")],
      [for dataset in google_bigquery_dataset.dataset : startswith(dataset.dataset_id, "dev_")],
      [for function in google_cloudfunctions2_function.function : startswith(function.name, "dev-")],
    ))
    error_message = "The prefix precedes every name."
  }
}

run "an_unknown_setting_is_refused" {
  command = plan
  variables {
    settings = { SERVICETITAN_TENANT_ID = "1", SERVICETITAN_TENNANT = "1" }
  }
  expect_failures = [var.settings]
}

run "a_company_s_rules_can_be_planned" {
  command = plan
  variables {
    fixed_address    = true
    alert_channels   = ["projects/my-project/notificationChannels/1"]
    labels           = { cost-centre = "1234" }
    gateway_ingress  = "internal"
    landing_days     = 800
    monthly_budget   = { billing_account = "0A1B2C-3D4E5F-6A7B8C", amount = 50 }
    kms_key          = "projects/my-project/locations/us/keyRings/data/cryptoKeys/baton"
    paused_schedules = ["partyhelp-snapshot-daily"]
  }

  assert {
    condition     = google_cloudfunctions2_function.function["ingest_partyhelp"].service_config[0].direct_vpc_egress == "VPC_EGRESS_ALL_TRAFFIC"
    error_message = "What pulls from the database leaves by the fixed address."
  }
  assert {
    condition     = google_cloudfunctions2_function.function["gateway"].service_config[0].ingress_settings == "ALLOW_INTERNAL_AND_GCLB"
    error_message = "The gateway is reached from inside only."
  }
  assert {
    condition     = google_cloud_scheduler_job.request["partyhelp-snapshot-daily"].paused
    error_message = "A schedule that is named is paused."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.findings : policy.notification_channels == tolist(["projects/my-project/notificationChannels/1"])])
    error_message = "Alerts go to the company's own channels."
  }
  assert {
    condition     = alltrue([for topic in google_pubsub_topic.topic : topic.kms_key_name != null])
    error_message = "Messages are encrypted by the company's key."
  }
}

run "two_ways_to_the_database_are_refused" {
  command = plan
  variables {
    fixed_address = true
    subnetwork    = "projects/my-project/regions/us-central1/subnetworks/private"
  }
  expect_failures = [var.fixed_address]
}

run "a_project_number_is_refused" {
  command = plan
  variables {
    project_id = "123456789012"
  }
  expect_failures = [var.project_id]
}

run "a_gateway_open_to_everybody_is_refused" {
  command = plan
  variables {
    callers = ["allUsers"]
  }
  expect_failures = [var.callers]
}
