"""The model card of an AI source: CHAI applied model card, schema v0.2.

https://mc.chai.org/v0.2/schema.xsd; a field that the schema requires is required here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adapter.mapping.files import MappingTable

_Text = Annotated[str, Field(min_length=1)]


class BasicInfo(MappingTable):
    """Who makes it."""

    model_name: _Text
    """Name of the model."""
    model_developer: _Text
    """Who developed it."""
    developer_contact: _Text
    """How to reach them."""


class ReleaseInfo(MappingTable):
    """What is released, where."""

    release_stage: _Text
    """Such as cleared, research, in validation."""
    release_date: _Text
    """When."""
    release_version: _Text
    """Version that the card is about."""
    global_availability: _Text
    """Where it may be used."""
    ehr_compatibility: tuple[_Text, ...] = ()
    """EHRs that it works with."""
    regulatory_approval: str = ""
    """Clearances, with their numbers."""


class ModelSummary(MappingTable):
    """What it is."""

    summary: _Text
    """In a few sentences."""
    keywords: tuple[_Text, ...] = ()
    """Words to find it by."""


class UsesAndDirections(MappingTable):
    """What it is for, in words; what Readout enforces stands in `intended_use`."""

    intended_use_and_workflow: _Text
    """Intended use."""
    primary_intended_users: _Text
    """Who works with it."""
    how_to_use: _Text
    """How."""
    targeted_patient_population: _Text
    """Patients that it is for."""
    cautioned_out_of_scope_settings: _Text
    """What it must not be used for."""


class Warnings(MappingTable):
    """What to beware of."""

    known_risks_and_limitations: _Text
    """Risks and limitations."""
    known_biases_or_ethical_considerations: _Text
    """Biases."""
    clinical_risk_level: _Text
    """Risk class."""


class AiSystemFacts(MappingTable):
    """How it is made."""

    outcomes_and_outputs: _Text
    """What it tells."""
    model_type: _Text
    """Kind of model."""
    foundation_models: str = ""
    """Models that it builds on."""
    input_data_source: _Text
    """Where its input comes from."""
    output_and_input_data_types: _Text
    """Formats in and out."""
    development_data_characterization: _Text
    """Data that it was trained on."""
    bias_mitigation_approaches: _Text
    """What was done against bias."""
    ongoing_maintenance: _Text
    """How it is kept up and watched."""
    security: str = ""
    """Security practice."""
    transparency: str = ""
    """How it explains itself."""


class TransparencyInformation(MappingTable):
    """Who stands behind it."""

    funding_source: _Text
    """Who paid."""
    third_party_information: str = ""
    """Parts of others."""
    stakeholders_consulted: _Text
    """Who was asked."""


class TrustIngredients(MappingTable):
    """Facts by which it can be trusted."""

    ai_system_facts: AiSystemFacts
    """How it is made."""
    transparency_information: TransparencyInformation
    """Who stands behind it."""


class Single(MappingTable):
    """One number."""

    kind: Literal["single"] = "single"
    """Kind of value."""
    value: float
    """The number."""
    unit: str = ""
    """Its unit."""


class Estimate(MappingTable):
    """An estimate with its confidence interval."""

    kind: Literal["estimate_ci"]
    """Kind of value."""
    estimate: float
    """The estimate."""
    lower: float
    """Lower end of the interval."""
    upper: float
    """Upper end of the interval."""
    level: float = 95
    """Confidence level in percent."""
    unit: str = ""
    """Unit of the three."""


class MeanSd(MappingTable):
    """A mean with its standard deviation."""

    kind: Literal["mean_sd"]
    """Kind of value."""
    mean: float
    """The mean."""
    sd: float = Field(ge=0)
    """The standard deviation."""
    unit: str = ""
    """Unit of both."""


class MetricResult(MappingTable):
    """One result."""

    label: _Text
    """What was measured."""
    value_json: Annotated[Single | Estimate | MeanSd, Field(discriminator="kind")]
    """The result."""


class KeyMetric(MappingTable):
    """One evaluation."""

    metric_goal: _Text
    """What was to be shown."""
    results: tuple[MetricResult, ...] = Field(min_length=1)
    """Results."""
    interpretation: _Text
    """What they mean."""
    test_type: _Text
    """Kind of test."""
    testing_data_description: _Text
    """Data that it was tested on."""
    validation_process_and_justification: _Text
    """How, and why so."""


class KeyMetrics(MappingTable):
    """How well it works."""

    usefulness_usability_efficacy: KeyMetric
    """How useful."""
    fairness_equity: KeyMetric
    """How fair."""
    safety_reliability: KeyMetric
    """How safe."""


class Resources(MappingTable):
    """Further reading."""

    evaluation_references: str = ""
    """Evaluations."""
    clinical_trial: str = ""
    """Trials."""
    peer_reviewed_publications: _Text
    """Publications."""
    reimbursement_status: str = ""
    """Reimbursement."""
    patient_consent_or_disclosure: _Text
    """What patients are told or asked."""


class ModelCard(MappingTable):
    """AppliedModelCard of the schema, in its order."""

    basic_info: BasicInfo
    """Who makes it."""
    release_info: ReleaseInfo
    """What is released, where."""
    model_summary: ModelSummary
    """What it is."""
    uses_and_directions: UsesAndDirections
    """What it is for."""
    warnings: Warnings
    """What to beware of."""
    trust_ingredients: TrustIngredients
    """Facts by which it can be trusted."""
    key_metrics: KeyMetrics
    """How well it works."""
    resources: Resources
    """Further reading."""
    bibliography: str = ""
    """References."""
