"""Expectations judged: suites (JSON) on one-row profiles of versions. The only room that speaks Great Expectations."""
