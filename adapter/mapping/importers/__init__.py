"""Reads templates of other makers and makes drafts of them; text in, table out."""
