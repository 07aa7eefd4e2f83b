"""Fictional companies on which Kizuna is shown and tested. Only the command line may import them."""
