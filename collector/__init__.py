"""Collector: from the tablets of an awareness campaign to the workbook its officers report from."""
