"""The catalogue of actions: one YAML file per action, and the loader that reads them."""
