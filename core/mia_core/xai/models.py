"""Which models a key may use, and what to tell an operator whose configured one is not among them."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 8


def read_models(document: Mapping[str, Any]) -> list[str]:
    """Ids and aliases in the answer of GET /models, sorted."""
    listed = document.get("data")
    names: set[str] = set()
    for model in listed if isinstance(listed, list) else []:
        if isinstance(model, Mapping):
            aliases = model.get("aliases")
            found = [model.get("id"), *(aliases if isinstance(aliases, list) else [])]
            names.update(name for name in found if isinstance(name, str) and name)
    return sorted(names)


def missing_model(configured: str, models: Sequence[str]) -> str | None:
    """A sentence for the operator when `configured` is not among `models`; None when it is."""
    if configured in models:
        return None
    if not models:
        return f"xai.model (MIA_XAI__MODEL): {configured} cannot be used: this key has no models at all"
    likely = difflib.get_close_matches(configured, models, n=_SHOWN, cutoff=0.6) or list(models[:_SHOWN])
    return (
        f"xai.model (MIA_XAI__MODEL): there is no model {configured} for this key; try one of {', '.join(likely)}"
    )
