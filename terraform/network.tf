# How the functions that pull from a database reach it: over the internet, through a subnetwork of the
# project's, or from one fixed address, so that the database need not be open to the world.

locals {
  # The secret that tells a database's address.
  database_secret = "PARTYHELP_DB_URL"
  leaves_by_network = toset([
    for name, function in module.topology.functions : name
    if(var.fixed_address || var.subnetwork != "") && contains(function.secrets, local.database_secret)
  ])
  fixed_address     = toset(var.fixed_address ? ["egress"] : [])
  egress_subnetwork = var.fixed_address ? one([for subnetwork in google_compute_subnetwork.egress : subnetwork.id]) : var.subnetwork
}

resource "google_compute_network" "egress" {
  #checkov:skip=CKV2_GCP_18:Without a rule nothing comes in, and the functions go out.
  for_each = local.fixed_address

  name                    = "${var.prefix}baton-egress"
  description             = "Baton: functions that pull from a database leave through here."
  auto_create_subnetworks = false

  depends_on = [time_sleep.apis]
}

resource "google_compute_subnetwork" "egress" {
  #checkov:skip=CKV_GCP_26:Nothing is in it but the functions, whose requests are logged where they arrive.
  #checkov:skip=CKV_GCP_76:There is no IPv6.
  for_each = local.fixed_address

  name                     = "${var.prefix}baton-egress"
  description              = "Baton: the functions that pull from a database are here."
  network                  = google_compute_network.egress[each.key].id
  region                   = var.region
  ip_cidr_range            = "10.255.255.0/26" # at least /26: each instance takes two addresses
  private_ip_google_access = true
}

resource "google_compute_address" "egress" {
  for_each = local.fixed_address

  name        = "${var.prefix}baton-egress"
  description = "Baton: the address that the database lets in."
  region      = var.region

  depends_on = [time_sleep.apis]
}

resource "google_compute_router" "egress" {
  for_each = local.fixed_address

  name        = "${var.prefix}baton-egress"
  description = "Baton: gives the functions in its network their fixed address."
  network     = google_compute_network.egress[each.key].id
  region      = var.region
}

resource "google_compute_router_nat" "egress" {
  for_each = local.fixed_address

  name                               = "${var.prefix}baton-egress"
  router                             = google_compute_router.egress[each.key].name
  region                             = var.region
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [google_compute_address.egress[each.key].id]
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.egress[each.key].id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }
}
