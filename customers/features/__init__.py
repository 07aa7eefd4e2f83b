"""What is known of a unit, as data: definitions, compiled to SQL for any engine."""
