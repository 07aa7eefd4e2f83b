"""The way out: message building, the outbox and its worker; nothing leaves by any other door."""
