"""A report's metadata, as the API describes it."""

from local.servicetitan.reports import Field, Parameter, Report

MODIFIED_ON = "2025-02-11T16:20:45.1234567Z"

Description = dict[str, object]


def summarise(report: Report) -> Description:
    """The report as its category lists it."""
    return {
        "id": report.id,
        "name": report.name,
        "description": None,
        "modifiedOn": MODIFIED_ON,
    }


def describe(report: Report) -> Description:
    """The report with its parameters and fields."""
    return summarise(report) | {
        "parameters": [_parameter(parameter) for parameter in report.parameters],
        "fields": [_field(field) for field in report.fields],
    }


def _parameter(parameter: Parameter) -> Description:
    columns = [{"name": "Value", "label": "Value"}, {"name": "Name", "label": "Name"}]
    accepted = {"fields": columns, "dynamicSetId": parameter.dynamic_set, "values": None}
    return {
        "name": parameter.name,
        "label": parameter.label,
        "dataType": parameter.data_type,
        "isArray": parameter.is_array,
        "isRequired": parameter.is_required,
        "acceptValues": accepted if parameter.dynamic_set else None,
    }


def _field(field: Field) -> Description:
    return {"name": field.name, "label": field.label, "dataType": field.data_type}
