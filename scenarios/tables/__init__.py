"""Office tables: one canonical table per kind of record, CSV or XLSX, Chinese or English.

Readers take a :class:`scenarios.model.TableInput` and the folder that its path counts from, and
give records; what stands beside a record (rows without a place, contacts) goes to an
:class:`Intake`. Writers write what their reader takes back unchanged.
"""

from scenarios.tables.away import read_absences, write_absences
from scenarios.tables.balances import read_balances, write_balances
from scenarios.tables.carers import read_carers, write_carers
from scenarios.tables.intake import Intake
from scenarios.tables.local import read_places, read_services, write_places, write_services
from scenarios.tables.meals import (
    read_carriers,
    read_kitchens,
    read_orders,
    write_carriers,
    write_kitchens,
    write_orders,
)
from scenarios.tables.templates import write_templates
from scenarios.tables.visits import read_visits, write_visits

__all__ = [
    "Intake",
    "read_absences",
    "read_balances",
    "read_carers",
    "read_carriers",
    "read_kitchens",
    "read_orders",
    "read_places",
    "read_services",
    "read_visits",
    "write_absences",
    "write_balances",
    "write_carers",
    "write_carriers",
    "write_kitchens",
    "write_orders",
    "write_places",
    "write_services",
    "write_templates",
    "write_visits",
]
