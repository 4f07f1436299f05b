"""What a snapshot holds, in exact numbers per language: licenses, dates, domains. Counts only, never text."""
