# The topology and the catalogue, turned into what is to be made: no provider, only names and rules.
# Names are without the environment's prefix.

locals {
  functions = var.topology.functions
  dashed    = { for function, _ in local.functions : function => replace(function, "_", "-") }

  # What a function listens to: its topics, and, if it hears them, what Pub/Sub itself forwards to the
  # dead letters of every function but itself (one that gives a message up says so).
  listens = {
    for function, settings in local.functions : function => concat(settings.listens, [
      for other, others in local.functions : {
        topic                   = "${local.dashed[other]}-dead-letters"
        filter                  = "NOT attributes:baton_function"
        ack_deadline_seconds    = null
        minimum_backoff_seconds = null
        maximum_backoff_seconds = null
        max_delivery_attempts   = null
      } if settings.hears_dead_letters && other != function && length(others.listens) > 0
    ])
  }

  subscriptions = merge([
    for function, listened in local.listens : {
      # A filter can't be changed in place: its hash makes another name, as in shared/topology.py.
      for listens in listened : join("-", compact([
        local.dashed[function], "on", listens.topic, listens.filter == "" ? "" : substr(sha256(listens.filter), 0, 6),
        ])) => merge(
        var.topology.subscription_defaults,
        { for key, value in listens : key => value if value != null },
        { function = function },
      )
    }
  ]...)

  raw_tables  = toset(flatten([for dataset in var.catalog.datasets : [for table in dataset.tables : table.address]]))
  mart_tables = toset(flatten([for mart in var.catalog.marts : keys(mart.tables)]))

  # Tables without a folder of their own in sql/, as in shared/schemas.py.
  superseded = { for address in local.raw_tables : join("_superseded.", split(".", address)) => address }
  replaced   = { for address in local.mart_tables : join("_superseded.", split(".", address)) => address }
  logs = merge(
    { for name, _ in var.catalog.datasets : "ops_log.${name}" => "ops_log" },
    { for name, _ in var.catalog.marts : "ops_log.mart_${name}" => "ops_log" },
  )

  # Address to the one whose schema it has: its own, or that of the table that it is made for.
  tables = merge({ for address in var.addresses : address => address }, local.superseded, local.replaced, local.logs)
  datasets = toset(concat(
    [for address, _ in local.tables : split(".", address)[0]],
    [for address in local.raw_tables : "${split(".", address)[0]}_incoming"],
  ))

  schedules = merge({
    for name, schedule in var.topology.schedules : name => {
      topic       = schedule.topic
      description = "Baton: publishes ${schedule.topic}"
      cron        = schedule.cron
      zone        = schedule.zone
      attributes  = {}
      data        = {}
    }
    }, [
    for name, dataset in var.catalog.datasets : {
      for schedule, settings in dataset.schedules : "${replace(name, "_", "-")}-${schedule}" => {
        topic       = "ingest-requested"
        description = "Baton: asks for ${name}"
        cron        = settings.cron
        zone        = var.catalog.pipelines[dataset.pipeline].zone
        attributes  = { pipeline = dataset.pipeline, dataset = name }
        data = merge(
          { pipeline = dataset.pipeline, dataset = name },
          { for key, value in settings.request : key => value if value != null },
        )
      }
    }
  ]...)

  # Each doubling reaches twice as far: four of them find a cycle of up to 16 marts.
  reach_1  = { for name, mart in var.catalog.marts : name => toset(mart.feeds) }
  reach_2  = { for name, marts in local.reach_1 : name => setunion(marts, [for mart in marts : lookup(local.reach_1, mart, [])]...) }
  reach_4  = { for name, marts in local.reach_2 : name => setunion(marts, [for mart in marts : lookup(local.reach_2, mart, [])]...) }
  reach_8  = { for name, marts in local.reach_4 : name => setunion(marts, [for mart in marts : lookup(local.reach_4, mart, [])]...) }
  reach_16 = { for name, marts in local.reach_8 : name => setunion(marts, [for mart in marts : lookup(local.reach_8, mart, [])]...) }
  circular = [for name, marts in local.reach_16 : name if contains(marts, name)]
}
