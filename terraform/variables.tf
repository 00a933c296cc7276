variable "project_id" {
  description = "The Google Cloud project that everything is made in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "Expected a project's id, 6 to 30 lower-case letters, digits and dashes (not its name or number): see `gcloud projects list`."
  }
}

variable "region" {
  description = "Where the functions and the scheduler run."
  type        = string
  default     = "us-central1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Expected a region such as us-central1, not a zone: see `gcloud run regions list`."
  }
}

variable "location" {
  description = "Where BigQuery and the landing bucket keep the data: a multi-region (US, EU) or a region. It can't be changed later."
  type        = string
  default     = "US"

  validation {
    condition     = can(regex("^(US|EU|[a-z]+-[a-z]+[0-9]+)$", var.location))
    error_message = "Expected US, EU or a region such as australia-southeast2."
  }
}

variable "prefix" {
  description = "Tells environments in one project apart: it precedes every name. Empty, or such as `dev-`."
  type        = string
  default     = ""

  # Service accounts' ids have at most 30 characters, and the longest of ours takes 25.
  validation {
    condition     = can(regex("^([a-z][a-z0-9]{0,3}-)?$", var.prefix))
    error_message = "Expected nothing, or up to 4 lower-case letters and digits with a dash after them, such as dev-."
  }
}

variable "settings" {
  description = "Environment variables of the functions, by name; shared/topology.yaml lists them under `variables`. SERVICETITAN_TENANT_ID is needed to pull anything."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), local.known_settings)) == 0
    error_message = "No function reads ${join(", ", setsubtract(keys(var.settings), local.known_settings))}. Expected some of ${join(", ", local.known_settings)}."
  }
}

variable "partyhelp_dataset" {
  description = "The BigQuery dataset of Partyhelp's reporting tables, without the prefix."
  type        = string
  default     = "partyhelp"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.partyhelp_dataset))
    error_message = "Expected lower-case letters, digits and underscores, such as partyhelp_reporting."
  }
}

variable "dataset_names" {
  description = "Other names of BigQuery datasets, without the prefix, where the project has theirs already: such as { st_raw = \"baton_raw\" }. Those of superseded rows and staging tables follow."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.dataset_names), values(local.datasets_of))) == 0
    error_message = "No dataset ${join(", ", setsubtract(keys(var.dataset_names), values(local.datasets_of)))}. Expected some of ${join(", ", distinct(values(local.datasets_of)))}."
  }

  validation {
    condition     = alltrue([for name in values(var.dataset_names) : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "Expected names of lower-case letters, digits and underscores."
  }
}

variable "bucket_names" {
  description = "Other names of the buckets `landing` and `source`, with the prefix, where somebody has ours already."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.bucket_names), ["landing", "source"])) == 0
    error_message = "No bucket ${join(", ", setsubtract(keys(var.bucket_names), ["landing", "source"]))}. Expected landing or source."
  }
}

variable "schedule_times" {
  description = "Other times of schedules, as cron lines in the pipeline's zone, by name without the prefix: such as { leads-weekly = \"20 23 * * 0\" } where another pipeline asks for the same report at ours."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.schedule_times), keys(module.topology.schedules))) == 0
    error_message = "No schedule ${join(", ", setsubtract(keys(var.schedule_times), keys(module.topology.schedules)))}. Expected some of ${join(", ", keys(module.topology.schedules))}."
  }

  validation {
    condition     = alltrue([for cron in values(var.schedule_times) : length(split(" ", cron)) == 5])
    error_message = "Expected cron lines of five fields, such as 20 23 * * 0."
  }
}

variable "alert_emails" {
  description = "Who is told when something fails or falls silent."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Expected e-mail addresses."
  }
}

variable "callers" {
  description = "Who may call the gateway, as IAM members such as group:data@example.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.callers : can(regex("^(user|group|serviceAccount):", member))])
    error_message = "Expected user:, group: or serviceAccount: members. The gateway is never open to allUsers."
  }
}

variable "readers" {
  description = "Who may read the reporting tables (Looker's service account, analysts), as IAM members."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.readers : can(regex("^(user|group|serviceAccount):", member))])
    error_message = "Expected user:, group: or serviceAccount: members."
  }
}

variable "subnetwork" {
  description = "A subnetwork that functions reach the database's private address through, as projects/…/regions/…/subnetworks/…. Empty: over the internet."
  type        = string
  default     = ""

  validation {
    condition     = var.subnetwork == "" || can(regex("^projects/[^/]+/regions/[^/]+/subnetworks/[^/]+$", var.subnetwork))
    error_message = "Expected projects/PROJECT/regions/REGION/subnetworks/NAME: see `gcloud compute networks subnets list --uri`."
  }
}

variable "fixed_address" {
  description = "Whether functions reach the database from one fixed address, which costs about $35 a month: Cloud NAT in a network of their own."
  type        = bool
  default     = false

  validation {
    condition     = !(var.fixed_address && var.subnetwork != "")
    error_message = "Expected subnetwork or fixed_address, not both: a subnetwork of yours has its own NAT."
  }
}

variable "alert_channels" {
  description = "Notification channels that exist already (Slack, PagerDuty, a webhook), as projects/…/notificationChannels/…: see `gcloud beta monitoring channels list`."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for channel in var.alert_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "Expected projects/PROJECT/notificationChannels/NUMBER."
  }
}

variable "labels" {
  description = "Labels of everything that can have some, such as a cost centre, beside app and environment."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", name)) && can(regex("^[a-z0-9_-]{0,63}$", value)) && !contains(["app", "environment"], name)])
    error_message = "Expected lower-case letters, digits, dashes and underscores, and other names than app and environment."
  }
}

variable "gateway_ingress" {
  description = "Who may reach the gateway's address at all: all (then IAM decides), or internal, from the project's networks and load balancers."
  type        = string
  default     = "all"

  validation {
    condition     = contains(["all", "internal"], var.gateway_ingress)
    error_message = "Expected all or internal."
  }
}

variable "landing_days" {
  description = "Days after which landed files are deleted, at least 400, because a row of last year's day can still be replayed. Null: never."
  type        = number
  default     = null

  validation {
    condition     = var.landing_days == null ? true : var.landing_days >= 400
    error_message = "Expected at least 400 days, or null."
  }
}

variable "monthly_budget" {
  description = "A budget for the project, with alerts at half, nine tenths and all of it to the billing account's administrators and the alerts' channels. Null: none."
  type        = object({ billing_account = string, amount = number, currency = optional(string, "USD") })
  default     = null

  validation {
    condition     = var.monthly_budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.monthly_budget.billing_account))
    error_message = "Expected a billing account such as 0A1B2C-3D4E5F-6A7B8C: see `gcloud billing accounts list`."
  }
}

variable "kms_key" {
  description = "A key of Cloud KMS that encrypts tables, landed files and messages, as projects/…/locations/…/keyRings/…/cryptoKeys/…, in the location of the data. Empty: Google's own keys."
  type        = string
  default     = ""

  validation {
    condition     = var.kms_key == "" || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "Expected projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY."
  }
}

variable "paused_schedules" {
  description = "Schedules that are kept paused, without the prefix, such as partyhelp-snapshot-daily."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.paused_schedules, keys(module.topology.schedules))) == 0
    error_message = "No schedule ${join(", ", setsubtract(var.paused_schedules, keys(module.topology.schedules)))}. Expected some of ${join(", ", keys(module.topology.schedules))}."
  }
}

variable "python" {
  description = "The Python that runs deploy/once.py; `make deploy` gives its own."
  type        = string
  default     = "python3"
}

variable "operators" {
  description = "Who may ask for runs, confirm, redrive, replay, and read the record and the logs, as IAM members: `python -m operations`."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.operators : can(regex("^(user|group|serviceAccount):", member))])
    error_message = "Expected user:, group: or serviceAccount: members."
  }
}

variable "protect_data" {
  description = "Whether Terraform refuses to delete tables, datasets, the landing bucket and secrets."
  type        = bool
  default     = true
}
