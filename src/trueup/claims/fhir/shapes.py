"""Whether a resource has the shape that FHIR R4 gives its type. fhir.resources judges it; profiles such as QI-Core may add extensions.

The library has R4B, which for the resources read here is R4 (4.0.1) unchanged. The reader takes the JSON itself afterwards: times keep
what they were written with, and numbers stay decimal.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from trueup.claims.fhir.nodes import Json
from trueup.errors import UsageError


def shape_problem(resource: Json, resource_type: str) -> str | None:
    """The first thing that is wrong, as element and kind of error, without its value; None if nothing is.

    Raises UsageError (TRU-I100) without the library.
    """
    try:
        _model(resource_type).model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        more = f" and {error.error_count() - 1} more" if error.error_count() > 1 else ""
        return f"{resource_type}.{'.'.join(str(step) for step in first['loc'])}: {first['type']}{more}"
    return None


def _model(resource_type: str) -> Any:
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        raise UsageError(
            "TRU-I100", "FHIR resources are read with fhir.resources, which is not installed.", next_step="pip install 'trueup[fhir]'"
        ) from None
    return get_fhir_model_class(resource_type)
