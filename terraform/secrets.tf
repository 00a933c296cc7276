# The secrets' places. Their values are added out of band and never pass through Terraform's state.

resource "google_secret_manager_secret" "secret" {
  for_each = module.topology.secrets

  secret_id           = "${var.prefix}${each.value}"
  deletion_protection = var.protect_data

  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}

# A function that names a secret without a version can't be deployed: a first version that says so,
# until `gcloud secrets versions add` puts the value after it.
resource "google_secret_manager_secret_version" "unset" {
  for_each = module.topology.secrets

  secret          = google_secret_manager_secret.secret[each.key].id
  secret_data     = "unset"
  deletion_policy = "ABANDON"

  lifecycle {
    ignore_changes = [enabled]
  }
}
