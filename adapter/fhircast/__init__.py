"""FHIRcast STU3: one context for worklist, viewer and reporter; as subscriber and as hub."""
