"""Who reasons: rules or a language model, behind one protocol. The numbers always come from the decision engine."""
