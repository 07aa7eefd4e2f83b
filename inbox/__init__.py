"""What people read: the report, receipts, and the words for them in each language."""
