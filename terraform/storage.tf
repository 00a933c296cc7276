# Two buckets: what was pulled and dropped, for ever, and the functions' zips.

resource "google_storage_bucket" "landing" {
  #checkov:skip=CKV_GCP_62:Access logs would cost more than the data; Cloud Audit Logs has the changes.
  #checkov:skip=CKV_GCP_78:Objects are immutable (created with if_generation_match=0), and soft delete keeps what is deleted.
  name                        = lookup(var.bucket_names, "landing", "${var.project_id}-${var.prefix}baton-landing")
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protect_data

  # Nothing here is deleted on purpose, so a month to undo a mistake costs nothing.
  soft_delete_policy {
    retention_duration_seconds = 30 * 24 * 60 * 60
  }

  # A batch is read when it is loaded and, rarely, when it is replayed.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age            = 90
      matches_prefix = ["landing/", "rejects/"]
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.landing_days == null ? [] : [var.landing_days]
    content {
      action {
        type = "Delete"
      }
      condition {
        age            = lifecycle_rule.value
        matches_prefix = ["landing/", "rejects/"]
      }
    }
  }

  dynamic "encryption" {
    for_each = compact([var.kms_key])
    content {
      default_kms_key_name = encryption.value
    }
  }

  depends_on = [time_sleep.apis, time_sleep.key]
}

resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:Holds nothing but builds of this repository.
  #checkov:skip=CKV_GCP_78:Each zip is named by its content, so none is ever overwritten.
  name                        = lookup(var.bucket_names, "source", "${var.project_id}-${var.prefix}baton-source")
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # git makes it all again

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 1
    }
  }

  depends_on = [time_sleep.apis]
}

# Tables whose first rows are kept in git: dropped once, where nothing was ever dropped for them, so
# that what somebody corrected since stays. They take the first half of the chain: dropped last.
locals {
  rows = merge([
    for name, dataset in local.catalog.datasets : {
      for table in dataset.tables : name => "${local.root}/sql/${replace(table.address, ".", "/")}/rows.csv"
      if fileexists("${local.root}/sql/${replace(table.address, ".", "/")}/rows.csv")
    }
  ]...)
}

resource "terraform_data" "first_rows" {
  for_each = local.rows

  triggers_replace = google_storage_bucket.landing.time_created

  provisioner "local-exec" {
    interpreter = [var.python, "-m", "deploy.once"]
    command     = "rows"
    working_dir = local.root
    environment = {
      PROJECT = var.project_id
      BUCKET  = google_storage_bucket.landing.name
      FOLDER  = "${local.topology.drop.prefix}${each.key}/"
      FILE    = abspath(each.value)
    }
  }

  depends_on = [
    google_storage_notification.drop,
    google_pubsub_subscription.push,
    google_pubsub_topic_iam_member.publisher,
    google_storage_bucket_iam_member.function,
    google_bigquery_dataset_iam_member.function,
    google_bigquery_table.table,
    google_project_iam_member.job_user,
  ]
}

# Terraform made these before: let go of, not destroyed.
removed {
  from = google_storage_bucket_object.rows
  lifecycle {
    destroy = false
  }
}
