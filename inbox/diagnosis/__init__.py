"""The diagnosis of the sources as people read it: on the terminal, and as one HTML file."""
