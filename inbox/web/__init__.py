"""The inbox: pages for those who decide. Rights are checked by the use cases behind them."""
