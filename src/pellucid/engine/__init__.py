"""How the formulas are run: the network as data, and one step of learning as a pure function."""
