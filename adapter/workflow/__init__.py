"""What happens when an order, a dictation, an AI result or a signature arrives."""
