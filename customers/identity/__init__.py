"""Who is who: records of one person found, merged with the reason, and kept apart again."""
