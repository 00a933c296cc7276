# For those who have the provider: `terraform init && terraform test` in this folder. Nothing is made.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
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
