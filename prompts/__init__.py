"""The words: templates as files, the renderer that fills them from facts, the check that they stay with the facts."""
