"""Nagare Analytics (ナガレ分析), a fictional B2B SaaS: its data, and the hidden world that answers its mails."""
