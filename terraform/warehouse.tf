# Datasets, tables and views, from sql/**/schema.json and view.sql.

locals {
  # What the tables that keep rows have more of than those that they keep them for.
  kept_columns = merge(
    { for address, _ in module.topology.superseded : address => local.superseded_columns },
    { for address, _ in module.topology.replaced : address => local.replaced_columns },
  )

  tables = {
    for address, schema_of in module.topology.tables : address => {
      dataset      = split(".", address)[0]
      name         = split(".", address)[1]
      description  = contains(keys(local.kept_columns), address) ? "Rows of ${schema_of} that were superseded." : local.schemas[schema_of].description
      fields       = concat(local.schemas[schema_of].schema.fields, lookup(local.kept_columns, address, []))
      partitioning = try(local.schemas[schema_of].timePartitioning, null)
      needs_day    = try(local.schemas[schema_of].requirePartitionFilter, false)
      clustering   = try(local.schemas[schema_of].clustering.fields, null)
    } if !contains(keys(local.views), address)
  }
}

resource "google_bigquery_dataset" "dataset" {
  #checkov:skip=CKV_GCP_81:Google's own key: business figures, and no personal data but customers' names.
  for_each = module.topology.datasets

  dataset_id                 = local.dataset_ids[each.key]
  location                   = var.location
  description                = "Baton: sql/${replace(each.key, "/_(superseded|incoming)$/", "")}"
  delete_contents_on_destroy = !var.protect_data

  dynamic "default_encryption_configuration" {
    for_each = compact([var.kms_key])
    content {
      kms_key_name = default_encryption_configuration.value
    }
  }

  depends_on = [time_sleep.apis, time_sleep.key]
}

resource "google_bigquery_table" "table" {
  #checkov:skip=CKV_GCP_80:Google's own key: business figures, and no personal data but customers' names.
  #checkov:skip=CKV_GCP_121:Protected unless protect_data is lifted, which `make destroy` asks for.
  for_each = local.tables

  dataset_id               = google_bigquery_dataset.dataset[each.value.dataset].dataset_id
  table_id                 = each.value.name
  description              = each.value.description
  schema                   = jsonencode(each.value.fields)
  clustering               = each.value.clustering
  require_partition_filter = each.value.needs_day
  deletion_protection      = var.protect_data

  # Columns that somebody added stay.
  ignore_auto_generated_schema = true

  dynamic "time_partitioning" {
    for_each = each.value.partitioning == null ? [] : [each.value.partitioning]
    content {
      type  = time_partitioning.value.type
      field = time_partitioning.value.field
    }
  }
}

# A view is made after what it reads: tables, never another view.
resource "google_bigquery_table" "view" {
  #checkov:skip=CKV_GCP_80:A view holds nothing.
  #checkov:skip=CKV_GCP_121:A view holds nothing, so it may go.
  for_each = local.views

  dataset_id          = google_bigquery_dataset.dataset[split(".", each.key)[0]].dataset_id
  table_id            = split(".", each.key)[1]
  description         = local.schemas[each.key].description
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}
