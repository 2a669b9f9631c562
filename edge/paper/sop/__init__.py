"""The forms of an SOP: approval sheet, table, text, changes."""
