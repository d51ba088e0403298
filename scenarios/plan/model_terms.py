"""Kinds of fields that the parts of a plan share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

__all__ = ["Count", "Id", "Label", "NotNegative", "Unit"]

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$")]
Label = int | str
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Unit = Literal["district", "subdistrict", "community", "operator"]
