"""Report text as an HL7 v2 receiver can read it."""

from __future__ import annotations

from adapter.hl7v2.charset import codec
from adapter.mapping.mllp_profile import MllpProfile
from adapter.reporting.fitting import Fitting


def fitting_of(profile: MllpProfile) -> Fitting:
    """As the profile asks, in its character set."""
    name = codec([profile.charset]) or "utf-8"
    return Fitting(name, fold=profile.ascii_folding, replacements=profile.replacements)
