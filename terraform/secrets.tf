# The secrets' places. Their values are added out of band and never pass through Terraform's state.

resource "google_secret_manager_secret" "secret" {
  for_each = module.topology.secrets

  secret_id           = "${var.prefix}${each.value}"
  deletion_protection = var.protect_data

  replication {
    auto {}
  }

  depends_on = [time_sleep.apis]
}

# A function that names a secret without a version can't be deployed: a secret without any gets one
# that says so, until `gcloud secrets versions add` puts the value after it. Not a resource of
# Terraform's, which would make it again, as the latest, when somebody destroys it.
resource "terraform_data" "first_version" {
  for_each = google_secret_manager_secret.secret

  triggers_replace = each.value.create_time

  provisioner "local-exec" {
    interpreter = [var.python, "-m", "deploy.once"]
    command     = "secret"
    working_dir = local.root
    environment = { PROJECT = var.project_id, SECRET = each.value.secret_id }
  }
}

# Terraform made these before: let go of, not destroyed.
removed {
  from = google_secret_manager_secret_version.unset
  lifecycle {
    destroy = false
  }
}
