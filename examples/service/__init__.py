"""Hidamari (陽だまり), fictional studios with a call centre: their data, and the hidden world that answers."""
