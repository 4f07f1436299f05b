"""Between raw bytes and text: pages and marked-up files become text, structure and evidence."""
