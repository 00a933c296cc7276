output "topics" {
  description = "Topic to whether its messages are recorded in BigQuery."
  value       = { for name, topic in var.topology.topics : name => topic.record }
}

output "functions" {
  description = "Function to its settings, with `dashed`, its name in Google Cloud."
  value       = { for name, settings in local.functions : name => merge(settings, { dashed = local.dashed[name] }) }
}

output "subscriptions" {
  description = "Push subscription to its function, topic, filter, deadline and retries."
  value       = local.subscriptions
}

output "dead_letters" {
  description = "Function that listens to the topic, and the subscription to it, of what it could not handle."
  value       = { for name, settings in local.functions : name => "${local.dashed[name]}-dead-letters" if length(settings.listens) > 0 }
}

output "recordings" {
  description = "Recording subscription to the topic whose messages it writes to BigQuery."
  value       = { for name, topic in var.topology.topics : "record-${name}" => name if topic.record }
}

output "publishers" {
  description = "What each function may publish to, its dead letters apart."
  value = merge([
    for name, settings in local.functions : {
      for topic in settings.publishes : "${name} publishes ${topic}" => { function = name, topic = topic }
    }
  ]...)
}

output "object_grants" {
  description = "Which prefixes of the bucket each function may read, or write as well."
  value = merge(
    merge([
      for name, settings in local.functions : {
        for prefix in settings.reads_objects : "${name} reads ${prefix}" => { function = name, prefix = prefix, writes = false }
      }
    ]...),
    merge([
      for name, settings in local.functions : {
        for prefix in settings.writes_objects : "${name} writes ${prefix}" => { function = name, prefix = prefix, writes = true }
      }
    ]...),
  )
}

output "table_grants" {
  description = "Which datasets each function may read, or write as well."
  value = merge(
    merge([
      for name, settings in local.functions : {
        for dataset in settings.reads_tables : "${name} reads ${dataset}" => { function = name, dataset = dataset, writes = false }
      }
    ]...),
    merge([
      for name, settings in local.functions : {
        for dataset in settings.writes_tables : "${name} writes ${dataset}" => { function = name, dataset = dataset, writes = true }
      }
    ]...),
  )
}

output "job_users" {
  description = "Functions that run BigQuery jobs."
  value       = toset([for name, settings in local.functions : name if length(settings.reads_tables) + length(settings.writes_tables) > 0])
}

output "secrets" {
  description = "Environment variable to the secret that holds its value."
  value = {
    for variable in distinct(flatten([for settings in local.functions : settings.secrets])) :
    variable => lower(replace(variable, "_", "-"))
  }
}

output "secret_grants" {
  description = "Which secrets each function may read."
  value = merge([
    for name, settings in local.functions : {
      for variable in settings.secrets : "${name} reads ${variable}" => { function = name, variable = variable }
    }
  ]...)
}

output "datasets" {
  description = "The BigQuery datasets."
  value       = local.datasets
}

output "tables" {
  description = "Table or view, as dataset.table, to the one whose schema it has."
  value       = local.tables
}

output "superseded" {
  description = "The tables that keep superseded rows, to the raw table that each belongs to."
  value       = local.superseded
}

output "replaced" {
  description = "The tables that keep what marts replaced, to the mart's table that each belongs to."
  value       = local.replaced
}

output "schedules" {
  description = "Scheduler job to its cron line, time zone, and the request that it publishes."
  value       = local.schedules

  precondition {
    condition     = length(local.circular) == 0
    error_message = "Marts must not feed themselves, but these do: ${join(", ", local.circular)}. Take one of their `feeds` out in shared/catalog/marts.yaml."
  }
}

output "log_names" {
  description = "The change logs, by name: one for each dataset and each mart."
  value       = sort([for address, _ in local.logs : split(".", address)[1]])
}

output "mart_inputs" {
  description = "A mart's change log and that of an input, with a space between, for each of its inputs."
  value = sort(flatten([
    [for name, dataset in var.catalog.datasets : [for mart in dataset.feeds : "mart_${mart} ${name}"]],
    [for name, feeding in var.catalog.marts : [for mart in feeding.feeds : "mart_${mart} mart_${name}"]],
  ]))
}
