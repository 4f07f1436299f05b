"""Stage 4: policies over signals. One verdict per document, with the rule and the value; nothing is dropped here."""
