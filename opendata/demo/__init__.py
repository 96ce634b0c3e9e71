"""Demonstration content: fictional studies, reports and data, in Kazakh, Russian and English."""
