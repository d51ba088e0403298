"""The sites that a scenario asks about by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from base.faults import Fault, FaultError
from scenarios.explain_codes import NO_SUCH_SITE
from scenarios.model_explain import ExplainInput

__all__ = ["check_ids"]


def check_ids(wanted: ExplainInput | None, site_ids: Sequence[str], part: str) -> None:
    """Every id that is asked about must be a site's.

    Args:
        wanted: the questions, None for none.
        site_ids: ids of all sites that take part.
        part: ``siting`` or ``plan``, what the fields' paths begin with.

    Raises:
        FaultError: CC-S440 for every unknown id, with the path of its field.
    """
    if wanted is not None:
        known = dict.fromkeys(map(str, site_ids))
        found = list(_faults(wanted, known, part))
        if found:
            raise FaultError(found)


def _faults(wanted: ExplainInput, known: Mapping[str, None], part: str) -> Iterator[Fault]:
    for name in ("why_not", "fallback"):
        asked = getattr(wanted, name)
        for at, value in enumerate(() if isinstance(asked, str) else asked):
            if value not in known:
                like = get_close_matches(value, known, 3, 0.5)
                yield NO_SUCH_SITE(
                    f"{part}.explain.{name}[{at}]",
                    value=value,
                    like_en="; there are " + ", ".join(like) if like else "",
                    like_zh="；相近的有：" + "、".join(like) if like else "",
                )
