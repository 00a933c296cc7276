# The project's APIs, and the identities that Google's own services act with.

locals {
  apis = toset(concat([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ], var.fixed_address || var.subnetwork != "" ? ["compute.googleapis.com"] : [], var.monthly_budget == null ? [] : ["billingbudgets.googleapis.com"]))

  # By the project's number, not from what makes them: a new API in the list would replace their grants.
  # https://cloud.google.com/iam/docs/service-agents
  pubsub_agent  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  storage_agent = "serviceAccount:service-${data.google_project.this.number}@gs-project-accounts.iam.gserviceaccount.com"
}

data "google_project" "this" {
  project_id = var.project_id
}

resource "google_project_service" "api" {
  for_each = local.apis

  service            = each.key
  disable_on_destroy = false # others in the project may use it
}

# Pub/Sub's and Cloud Storage's own identities, which a new project doesn't have yet and which no
# resource of the provider makes.
resource "terraform_data" "agents" {
  triggers_replace = data.google_project.this.number

  provisioner "local-exec" {
    interpreter = [var.python, "-m", "deploy.once"]
    command     = "agents"
    working_dir = local.root
    environment = { PROJECT = var.project_id }
  }

  depends_on = [time_sleep.apis]
}
