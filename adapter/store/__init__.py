"""Tables and queries; the only room that speaks SQL."""
