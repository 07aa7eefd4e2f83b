"""Komorebi (木洩れ日), a fictional shop for household goods: its data, and the hidden world that answers."""
