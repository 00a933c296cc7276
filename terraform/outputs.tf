output "gateway_url" {
  description = "Where runs are asked for and looked up; callers need an identity token."
  value       = google_cloudfunctions2_function.function["gateway"].service_config[0].uri
}

output "landing_bucket" {
  description = "Where batches land; a file for a dataset is dropped at drop/<dataset>/."
  value       = "gs://${google_storage_bucket.landing.name}"
}

output "looker_connects_to" {
  description = "The view for the dashboards of ServiceTitan's KPIs, and the dataset of Partyhelp's reporting."
  value = {
    servicetitan = "${var.project_id}.${local.dataset_ids["st_kpi_mart"]}.kpi_daily_regional_consolidated"
    partyhelp    = "${var.project_id}.${local.dataset_ids["partyhelp"]}"
  }
}

output "add_secrets" {
  description = "One command a secret, each of which reads the value from standard input."
  value = {
    for variable, secret in google_secret_manager_secret.secret :
    variable => "gcloud secrets versions add ${secret.secret_id} --project=${var.project_id} --data-file=-"
  }
}

output "first_run" {
  description = "Pulls yesterday's and today's collections, as a test of the whole chain."
  value       = "curl --fail-with-body -X POST -H \"Authorization: Bearer $(gcloud auth print-identity-token)\" \"${google_cloudfunctions2_function.function["gateway"].service_config[0].uri}/ingest/collections?days=2&wait=240\""
}

output "operator_environment" {
  description = "What `python -m operations` needs: eval \"$(terraform -chdir=terraform output -raw operator_environment)\""
  value = join("\n", [
    for name, value in merge(local.environment, { BATON_DATASETS = join(",", [for name, deployed in var.dataset_names : "${name}=${deployed}"]) }) :
    "export ${name}='${value}'"
  ])
}

output "dashboard" {
  description = "The page to look at."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${reverse(split("/", google_monitoring_dashboard.baton.id))[0]}?project=${var.project_id}"
}

output "fixed_address" {
  description = "The address to let into the database, with `fixed_address`."
  value       = one([for address in google_compute_address.egress : address.address])
}
