"""`deploykit bench`: how long artifacts take to load and to run, and what memory they need, beside each other."""
