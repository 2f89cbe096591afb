"""Looking inside: what a network computes and why, as plain data. Nothing here draws or disturbs training."""
