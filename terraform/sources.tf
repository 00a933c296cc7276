# What the local cloud and the tests read as well: the topology, the catalogue, the schemas and SQL.

locals {
  root        = "${path.module}/.."
  topology    = yamldecode(file("${local.root}/shared/topology.yaml"))
  pipelines   = yamldecode(file("${local.root}/shared/catalog/pipelines.yaml")).pipelines
  marts       = yamldecode(file("${local.root}/shared/catalog/marts.yaml")).marts
  not_dataset = ["pipelines.yaml", "marts.yaml"]
  catalog = {
    pipelines = local.pipelines
    marts     = local.marts
    datasets = {
      for name in setsubtract(fileset("${local.root}/shared/catalog", "*.yaml"), local.not_dataset) :
      trimsuffix(name, ".yaml") => yamldecode(file("${local.root}/shared/catalog/${name}"))
    }
  }

  # Address to BigQuery's Table resource, and to the query of those that are views.
  schemas = merge(
    {
      for path in fileset("${local.root}/sql", "*/*/schema.json") :
      replace(dirname(path), "/", ".") => jsondecode(file("${local.root}/sql/${path}"))
    },
    # Every change log's.
    { ops_log = jsondecode(file("${local.root}/sql/ops_log/schema.json")) },
  )
  views = {
    for path in fileset("${local.root}/sql", "*/*/view.sql") :
    replace(dirname(path), "/", ".") => templatefile("${local.root}/sql/${path}", merge(local.dataset_ids, local.view_parts))
  }
  # What the catalogue makes of them, as in shared/views.py.
  view_parts = {
    versions = join("\nUNION ALL\n", [
      for name in module.topology.log_names :
      trimspace(templatefile("${local.root}/sql/ops_log/version.sql", merge(local.dataset_ids, { name = name })))
    ])
    inputs = join("\nUNION ALL\n", [
      for pair in module.topology.mart_inputs :
      trimspace(templatefile("${local.root}/sql/ops_log/input.sql", { name = split(" ", pair)[0], input = split(" ", pair)[1] }))
    ])
  }
  superseded_columns = jsondecode(file("${local.root}/sql/superseded_columns.json"))
  replaced_columns   = jsondecode(file("${local.root}/sql/replaced_columns.json"))

  # The same rule as in shared/settings.py.
  dataset_names = merge({ partyhelp = var.partyhelp_dataset }, var.dataset_names)
  datasets_of   = { for dataset in module.topology.datasets : dataset => replace(dataset, "/_(superseded|incoming)$/", "") }
  dataset_ids = {
    for dataset, own in local.datasets_of : dataset => join("", [
      replace(var.prefix, "-", "_"), lookup(local.dataset_names, own, own), trimprefix(dataset, own),
    ])
  }

  known_settings = distinct(flatten([for function in local.topology.functions : try(function.variables, [])]))

  labels = merge(var.labels, {
    app         = "baton"
    environment = var.prefix == "" ? "main" : trimsuffix(var.prefix, "-")
  })
}

module "topology" {
  source = "./modules/topology"

  topology  = local.topology
  catalog   = local.catalog
  addresses = setsubtract(keys(local.schemas), ["ops_log"])
}

check "servicetitan_tenant" {
  assert {
    condition     = lookup(var.settings, "SERVICETITAN_TENANT_ID", "") != ""
    error_message = "settings has no SERVICETITAN_TENANT_ID: everything is made, but ServiceTitan can't be pulled before it is set."
  }
}
