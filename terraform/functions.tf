# Each function: its zip, named by its content; its own identity; the function itself.

locals {
  # `python -m deploy package` writes the zips, and which is whose: the deploy commands do so first.
  zips      = "${local.root}/build/functions"
  zip_names = try(jsondecode(file("${local.zips}/zips.json")), {})

  gateway_ingress = { all = "ALLOW_ALL", internal = "ALLOW_INTERNAL_AND_GCLB" }

  environment = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    BATON_BUCKET         = google_storage_bucket.landing.name
    BATON_PREFIX         = var.prefix
    BATON_LOCATION       = var.location
    PARTYHELP_DATASET    = var.partyhelp_dataset
  }
}

resource "google_storage_bucket_object" "function" {
  for_each = module.topology.functions

  name   = "functions/${lookup(local.zip_names, each.key, "missing")}"
  bucket = google_storage_bucket.source.name
  source = "${local.zips}/${lookup(local.zip_names, each.key, "missing")}"

  lifecycle {
    precondition {
      condition     = contains(keys(local.zip_names), each.key)
      error_message = "${each.key} has no zip in build/functions. Write the zips first: python -m deploy package"
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Google's own key: the images hold only this repository's code.
  repository_id = "${var.prefix}baton"
  location      = var.region
  format        = "DOCKER"
  description   = "Images that Cloud Build makes of the functions."

  # Two of each function are enough to go back by one; older ones come from git again.
  cleanup_policies {
    id     = "keep-two"
    action = "KEEP"
    most_recent_versions {
      keep_count = 2
    }
  }
  cleanup_policies {
    id     = "delete-after-a-month"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [time_sleep.apis]
}

resource "google_service_account" "function" {
  for_each = module.topology.functions

  account_id   = "${var.prefix}baton-${each.value.dashed}"
  display_name = "Baton: the function ${each.key}"

  depends_on = [time_sleep.apis]
}

resource "google_service_account" "builder" {
  account_id   = "${var.prefix}baton-builder"
  display_name = "Baton: builds the functions"

  depends_on = [time_sleep.apis]
}

resource "google_cloudfunctions2_function" "function" {
  #checkov:skip=CKV_GCP_124:Only the gateway takes calls from outside, and from members with run.invoker alone.
  for_each = module.topology.functions

  name        = "${var.prefix}baton-${each.value.dashed}"
  location    = var.region
  description = "Baton: functions/${each.key}"
  labels      = { stage = each.value.dashed }

  build_config {
    runtime           = "python313"
    entry_point       = each.key
    service_account   = google_service_account.builder.id
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.function[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    timeout_seconds                  = each.value.timeout_seconds
    available_memory                 = "${each.value.memory_mib}Mi"
    available_cpu                    = tostring(each.value.cpu)
    max_instance_request_concurrency = each.value.concurrency
    max_instance_count               = each.value.max_instances
    min_instance_count               = 0
    # Pub/Sub of the same project counts as internal; only the gateway is called from outside.
    ingress_settings               = each.value.http ? local.gateway_ingress[var.gateway_ingress] : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true
    environment_variables = merge(
      local.environment,
      length(var.dataset_names) == 0 ? {} : { BATON_DATASETS = join(",", [for name, deployed in var.dataset_names : "${name}=${deployed}"]) },
      # gunicorn has as many threads as the platform sends requests, and ends those that take too long.
      { THREADS = tostring(each.value.concurrency), CLOUD_RUN_TIMEOUT_SECONDS = tostring(each.value.timeout_seconds) },
      each.value.concurrency > 1 ? { THREADED_TIMEOUT_ENABLED = "true" } : {},
      { for name in each.value.variables : name => var.settings[name] if lookup(var.settings, name, "") != "" },
    )

    # Through a subnetwork of the project's to its private addresses, through the fixed address to all.
    direct_vpc_egress = !contains(local.leaves_by_network, each.key) ? null : (
      var.fixed_address ? "VPC_EGRESS_ALL_TRAFFIC" : "VPC_EGRESS_PRIVATE_RANGES_ONLY"
    )

    dynamic "direct_vpc_network_interface" {
      for_each = setintersection(local.leaves_by_network, [each.key])
      content {
        subnetwork = local.egress_subnetwork
      }
    }

    dynamic "secret_environment_variables" {
      for_each = toset(each.value.secrets)
      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = google_secret_manager_secret.secret[secret_environment_variables.key].secret_id
        version    = "latest"
      }
    }
  }

  # Building needs the builder's rights, starting needs the secrets'. No function is built for tables
  # that could not be changed.
  depends_on = [
    google_bigquery_table.table,
    google_bigquery_table.view,
    google_compute_router_nat.egress,
    terraform_data.first_version,
    time_sleep.grants,
  ]
}
