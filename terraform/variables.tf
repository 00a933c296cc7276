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

variable "protect_data" {
  description = "Whether Terraform refuses to delete tables, datasets, the landing bucket and secrets."
  type        = bool
  default     = true
}
