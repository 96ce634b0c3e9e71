"""Demonstration content: fictional studies, reports and data, in Kazakh, Russian and English."""

from opendata.demo.load import IDENTIFIER_PREFIX, demo_content
from opendata.demo.records import DemoContent, DemoDataset

__all__ = ["IDENTIFIER_PREFIX", "DemoContent", "DemoDataset", "demo_content"]
