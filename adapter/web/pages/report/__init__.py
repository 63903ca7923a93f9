"""The reporting page: one study, its report with the source of each sentence, and the signature."""
