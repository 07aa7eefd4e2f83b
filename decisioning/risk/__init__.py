"""Who is likely to leave: the churn model, its calibration, whether it still fits, and whom it pays to contact."""
