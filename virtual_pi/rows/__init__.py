"""The tests of the virtual Pi, a module for each subject."""
