"""Audio files in, words with times and confidences out."""
