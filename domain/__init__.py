"""What Kizuna talks about: frozen, validated models without I/O. Imports nothing else of ours."""
