"""What Keras had once and has no more, each with its old meaning."""
