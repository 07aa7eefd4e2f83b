"""Where rows come from: files, databases, warehouses; and how their columns map to the contract."""
