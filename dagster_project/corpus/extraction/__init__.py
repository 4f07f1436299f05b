"""Between raw bytes and text: pages and marked-up files become text with its structure and what they say of themselves."""
