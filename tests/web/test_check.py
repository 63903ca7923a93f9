from __future__ import annotations

from tests.web.conftest import Site

REPORT = "FINDINGS: 🫁 Tear of the right meniscus.\nIMPRESSION: Tear ___.\n"


def test_recommendations_have_exact_places(site: Site) -> None:
    study = {"procedure": "MRI KNEE LEFT", "modality": "MR"}
    answer = site.client.post("/api/check", json={"report": REPORT, "study": study})
    assert answer.status_code == 200
    found = answer.json()["recommendations"]
    assert [each["code"] for each in found] == ["side_against_order", "template_remnant"]
    for each in found:
        assert REPORT[each["start"] : each["end"]] == each["text"]
    assert found[0]["text"] == "right"


def test_what_lacks_stands_at_the_end(site: Site) -> None:
    report = "FINDINGS: The lungs are clear."
    (found,) = site.client.post("/api/check", json={"report": report}).json()["recommendations"]
    assert (found["code"], found["start"], found["end"]) == ("impression_missing", 30, 30)


def test_the_prior_report_is_compared(site: Site) -> None:
    body = {
        "report": "FINDINGS: New right effusion.\nIMPRESSION: Effusion.",
        "prior": "FINDINGS: Right effusion.\nIMPRESSION: Effusion.",
    }
    (found,) = site.client.post("/api/check", json=body).json()["recommendations"]
    assert found["code"] == "prior_contradiction"


def test_a_body_that_is_no_report_is_refused(site: Site) -> None:
    for body in (
        {},
        {"report": 1},
        {"report": "x" * 100_001},
        {"report": "a", "study": {"age": -1}},
    ):
        assert site.client.post("/api/check", json=body).status_code in (400, 413, 422)
    assert site.client.post("/api/check", json={"report": ""}).status_code == 200
