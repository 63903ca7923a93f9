"""HL7 v2 over MLLP: framing, lossless message, orders in, reports out."""
