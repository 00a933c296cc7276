# What builds the functions may do: https://cloud.google.com/functions/docs/securing/build-custom-sa

resource "google_storage_bucket_iam_member" "builder" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member

  depends_on = [time_sleep.identities]
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member

  depends_on = [time_sleep.identities]
}

# Log entries are written to the project: this role has no smaller place either.
resource "google_project_iam_member" "builder_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member

  depends_on = [time_sleep.identities]
}

# Cloud Functions copies each zip to a bucket of its own, which doesn't exist before the first build.
resource "google_project_iam_member" "builder_source" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "the functions' source only"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.this.number}-${var.region}\")"
  }

  depends_on = [time_sleep.identities]
}
