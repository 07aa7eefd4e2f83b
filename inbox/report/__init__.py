"""The report, rendered twice: for the terminal and as one self-contained page."""
