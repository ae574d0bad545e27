"""`deploykit parity --import`: what Macs and devices measured, taken into the report of its build."""
