# Each function: its zip, named by its content; its own identity; the function itself.

locals {
  # The same files as deploy/package.py packs, which says why these.
  shared_files = { for path in fileset(local.root, "shared/**/*.{py,yaml}") : path => "${local.root}/${path}" }
  schema_files = {
    for path in setunion(fileset(local.root, "sql/*/*/schema.json"), ["sql/superseded_columns.json"]) :
    path => "${local.root}/${path}"
  }

  function_files = {
    for name, function in module.topology.functions : name => merge(
      local.shared_files,
      local.schema_files,
      merge([
        for folder in function.sql : { for path in fileset(local.root, "sql/${folder}/**") : path => "${local.root}/${path}" }
      ]...),
      { for path in fileset("${local.root}/functions/${name}", "*.py") : path => "${local.root}/functions/${name}/${path}" },
      # Every package that it needs with its hashes, compiled by `make lock` from its requirements.txt.
      { "requirements.txt" = "${local.root}/functions/${name}/requirements.lock" },
    )
  }

  function_sources = {
    for name, files in local.function_files : name => { for path, source in files : path => file(source) }
  }

  function_digests = {
    for name, sources in local.function_sources :
    name => substr(sha256(join("", [for path, content in sources : "${sha256(content)}  ${path}\n"])), 0, 16)
  }

  environment = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    BATON_BUCKET         = google_storage_bucket.landing.name
    BATON_PREFIX         = var.prefix
    BATON_LOCATION       = var.location
    PARTYHELP_DATASET    = var.partyhelp_dataset
  }
}

data "archive_file" "function" {
  for_each = local.function_sources

  type        = "zip"
  output_path = "${local.root}/build/functions/${each.key}-${local.function_digests[each.key]}.zip"

  dynamic "source" {
    for_each = each.value
    content {
      filename = source.key
      content  = source.value
    }
  }
}

resource "google_storage_bucket_object" "function" {
  for_each = local.function_digests

  name   = "functions/${each.key}-${each.value}.zip"
  bucket = google_storage_bucket.source.name
  source = data.archive_file.function[each.key].output_path
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

  depends_on = [google_project_service.api]
}

resource "google_service_account" "function" {
  for_each = module.topology.functions

  account_id   = "${var.prefix}baton-${each.value.dashed}"
  display_name = "Baton: the function ${each.key}"

  depends_on = [google_project_service.api]
}

resource "google_service_account" "builder" {
  account_id   = "${var.prefix}baton-builder"
  display_name = "Baton: builds the functions"

  depends_on = [google_project_service.api]
}

resource "google_cloudfunctions2_function" "function" {
  #checkov:skip=CKV_GCP_124:Only the gateway takes calls from outside, and from members with run.invoker alone.
  for_each = module.topology.functions

  name        = "${var.prefix}${each.value.dashed}"
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
    ingress_settings               = each.value.http ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision = true
    environment_variables = merge(
      local.environment,
      { for name in each.value.variables : name => var.settings[name] if lookup(var.settings, name, "") != "" },
    )

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

  # Building needs the builder's rights, starting needs the secrets'.
  depends_on = [
    google_project_iam_member.builder_logs,
    google_project_iam_member.builder_source,
    google_artifact_registry_repository_iam_member.builder,
    google_storage_bucket_iam_member.builder,
    google_secret_manager_secret_iam_member.function,
    google_secret_manager_secret_version.unset,
  ]
}
