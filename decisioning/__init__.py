"""The decision engine: pure functions on arrays. No I/O, no clock; chance comes in as an rng."""
