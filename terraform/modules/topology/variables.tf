variable "topology" {
  description = "What runs: shared/topology.yaml, decoded."
  type = object({
    topics       = map(object({ record = optional(bool, false) }))
    schedules    = optional(map(object({ topic = string, cron = string, zone = string })), {})
    drop         = object({ prefix = string, topic = string })
    record_table = string
    subscription_defaults = object({
      ack_deadline_seconds    = number
      minimum_backoff_seconds = number
      maximum_backoff_seconds = number
      max_delivery_attempts   = number
    })
    functions = map(object({
      http               = optional(bool, false)
      hears_dead_letters = optional(bool, false)
      listens = optional(list(object({
        topic                   = string
        filter                  = optional(string, "")
        ack_deadline_seconds    = optional(number)
        minimum_backoff_seconds = optional(number)
        maximum_backoff_seconds = optional(number)
        max_delivery_attempts   = optional(number)
      })), [])
      publishes       = optional(list(string), [])
      timeout_seconds = number
      memory_mib      = number
      cpu             = number
      concurrency     = number
      max_instances   = number
      secrets         = optional(list(string), [])
      variables       = optional(list(string), [])
      reads_objects   = optional(list(string), [])
      writes_objects  = optional(list(string), [])
      reads_tables    = optional(list(string), [])
      writes_tables   = optional(list(string), [])
      sql             = optional(list(string), [])
    }))
  })

  validation {
    condition = alltrue(flatten([
      for function in var.topology.functions : [
        for topic in concat(function.publishes, function.listens[*].topic) :
        contains(keys(var.topology.topics), topic)
      ]
    ]))
    error_message = "A function publishes or listens to a topic that does not exist. Correct its name, or add it to `topics` in shared/topology.yaml."
  }

  validation {
    condition     = alltrue([for schedule in var.topology.schedules : contains(keys(var.topology.topics), schedule.topic)])
    error_message = "A schedule publishes to a topic that does not exist. Correct its name, or add it to `topics` in shared/topology.yaml."
  }

  validation {
    condition     = contains(keys(var.topology.topics), var.topology.drop.topic)
    error_message = "The notification of dropped files goes to ${var.topology.drop.topic}, which does not exist. Add it to `topics` in shared/topology.yaml."
  }

  validation {
    condition = length(setsubtract(
      flatten([for function in var.topology.functions : function.listens[*].topic]),
      concat([var.topology.drop.topic], values(var.topology.schedules)[*].topic, flatten([for function in var.topology.functions : function.publishes])),
    )) == 0
    error_message = "A function listens to a topic that nobody publishes. Add the topic to some function's `publishes`, or to `schedules`, in shared/topology.yaml."
  }

  # Pub/Sub's limits: https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions
  validation {
    condition = alltrue(flatten([
      for function in var.topology.functions : [
        for listens in function.listens :
        function.timeout_seconds < coalesce(listens.ack_deadline_seconds, var.topology.subscription_defaults.ack_deadline_seconds)
        && coalesce(listens.ack_deadline_seconds, var.topology.subscription_defaults.ack_deadline_seconds) <= 600
      ]
    ]))
    error_message = "A function must end before its message comes again: set timeout_seconds < ack_deadline_seconds <= 600 in shared/topology.yaml."
  }

  validation {
    condition = alltrue(flatten([
      for function in var.topology.functions : [
        for listens in function.listens :
        coalesce(listens.max_delivery_attempts, var.topology.subscription_defaults.max_delivery_attempts) >= 5
        && coalesce(listens.max_delivery_attempts, var.topology.subscription_defaults.max_delivery_attempts) <= 100
      ]
    ]))
    error_message = "Pub/Sub gives up after 5 to 100 attempts: set max_delivery_attempts within that in shared/topology.yaml."
  }

  validation {
    condition = alltrue(flatten([
      for function in var.topology.functions : [for listens in function.listens : length(listens.filter) <= 256]
    ]))
    error_message = "A subscription's filter has at most 256 bytes. Shorten it in shared/topology.yaml."
  }

  validation {
    condition = alltrue(flatten([
      for function in var.topology.functions : [
        for dataset in concat(function.reads_tables, function.writes_tables) : contains(local.datasets, dataset)
      ]
    ]))
    error_message = "A function reads or writes a dataset that has no tables. Expected one of ${join(", ", local.datasets)} in shared/topology.yaml."
  }

  validation {
    condition     = contains(var.addresses, var.topology.record_table)
    error_message = "Events are recorded in ${var.topology.record_table}, which has no schema. Correct record_table in shared/topology.yaml."
  }
}

variable "catalog" {
  description = "What is ingested and made: shared/catalog/*.yaml, decoded. Only what Terraform needs of it."
  type = object({
    pipelines = map(object({ zone = string }))
    marts     = map(object({ feeds = optional(list(string), []), tables = optional(map(object({ key = list(string) })), {}) }))
    datasets = map(object({
      pipeline = string
      feeds    = optional(list(string), [])
      tables   = map(object({ address = string }))
      schedules = optional(map(object({
        cron = string
        # Each key that a schedule may ask for, because a map's values have one type.
        request = optional(object({
          business_unit = optional(string)
          days          = optional(number)
          offset_days   = optional(number)
        }), {})
      })), {})
      fresh_within_hours = optional(number)
    }))
  })

  validation {
    condition     = alltrue([for dataset in var.catalog.datasets : contains(keys(var.catalog.pipelines), dataset.pipeline)])
    error_message = "A dataset's pipeline does not exist. Correct it, or add it to shared/catalog/pipelines.yaml."
  }

  validation {
    condition = alltrue([
      for table in flatten([for dataset in var.catalog.datasets : values(dataset.tables)]) : contains(var.addresses, table.address)
    ])
    error_message = "A dataset loads a table that has no schema. Add sql/<dataset>/<table>/schema.json, or correct the table's address in shared/catalog."
  }

  validation {
    condition = alltrue([
      for mart in flatten([for feeder in concat(values(var.catalog.datasets), values(var.catalog.marts)) : feeder.feeds]) :
      contains(keys(var.catalog.marts), mart)
    ])
    error_message = "Something feeds a mart that does not exist. Correct it, or add the mart to shared/catalog/marts.yaml."
  }
}

variable "addresses" {
  description = "The tables and views that have a schema, each as dataset.table."
  type        = set(string)
}
