"""Orders, a segment at a time."""

from __future__ import annotations

MSH = "MSH|^~\\&|EHR|NORTH|||20261122||{}|C1|P|2.5.1"
PID = "PID|1||M1^^^NORTH^MR||Doe^Ann||19700101|F"
ORC = "ORC|NW|P1|F1||SC"


def obr(**fields: str) -> str:
    """OBR by field number: obr(f18="A1")."""
    wanted = {"f1": "1", "f4": "71046^Chest^L", "f18": "A1"} | fields
    values = {int(name[1:]): text for name, text in wanted.items()}
    return "|".join(["OBR", *(values.get(n, "") for n in range(1, max(values) + 1))])
