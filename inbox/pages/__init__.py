"""The customers' own pages: leave, choose, answer, see what is held, take it along, be erased."""
