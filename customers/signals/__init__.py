"""Dated changes in behaviour, segments that people move between, and how they moved."""
