"""A double of ServiceTitan's reporting API: a real HTTP server over a deterministic world."""

from local.servicetitan.access import APP_KEY, CLIENT_ID, CLIENT_SECRET, TENANT_ID
from local.servicetitan.double import ServiceTitanDouble
from local.servicetitan.faults import Faults

__all__ = ["APP_KEY", "CLIENT_ID", "CLIENT_SECRET", "TENANT_ID", "Faults", "ServiceTitanDouble"]
