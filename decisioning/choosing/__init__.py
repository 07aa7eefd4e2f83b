"""Who gets what: the allocation within all limits, and the chance that enters after it."""
