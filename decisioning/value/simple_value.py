"""Lifetime value by the formulas of textbooks: no model, every figure visible."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SimpleValue:
    """Averages per customer. Money in JPY; purchases and duration in the same unit of time."""

    order_value_jpy: float
    margin: float  #: what is left of a yen of revenue
    purchases_per_year: float
    years: float
    acquisition_cost_jpy: float = 0.0
    retention_cost_jpy: float = 0.0  #: of the whole time, not per year

    def __post_init__(self) -> None:
        if not 0.0 <= self.margin <= 1.0:
            raise ValueError(f"margin must lie between 0 and 1, got {self.margin!r}")
        for name in ("order_value_jpy", "purchases_per_year", "years", "acquisition_cost_jpy", "retention_cost_jpy"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)!r}")

    @property
    def yearly_value_jpy(self) -> float:
        """Revenue of a year."""
        return self.order_value_jpy * self.purchases_per_year

    @property
    def gross_jpy(self) -> float:
        """Price x margin x frequency x duration."""
        return by_years(self.yearly_value_jpy, self.margin, self.years)

    @property
    def net_jpy(self) -> float:
        """The gross value less what winning and keeping the customer cost."""
        return self.gross_jpy - self.acquisition_cost_jpy - self.retention_cost_jpy


def by_years(yearly_value_jpy: float, margin: float, years: float) -> float:
    """Yearly value x margin x years: the formula for contracts."""
    return yearly_value_jpy * margin * years
