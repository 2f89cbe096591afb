"""The colours of all terminal drawings: blue and orange, which most eyes tell apart, on dark and on light ground."""

BLUE = "dodger_blue1"  # training; right
ORANGE = "dark_orange"  # validation; wrong
QUIET = "bright_black"
