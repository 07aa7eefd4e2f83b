"""The marketing team: one file per agent, wired in graph.py. Agents never import each other."""
