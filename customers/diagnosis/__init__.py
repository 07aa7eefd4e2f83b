"""How well the sources fit together: gaps, breaks between channels, what they cost, what to mend first."""
