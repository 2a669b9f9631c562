"""Guests' details: personal data, stored apart from the history."""
