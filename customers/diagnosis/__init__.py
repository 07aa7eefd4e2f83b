"""How well the sources fit together, what each gap costs, and what to mend first."""
