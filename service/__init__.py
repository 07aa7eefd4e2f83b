"""The use cases, the same for the command line and the web pages: who may do what, and what follows."""
