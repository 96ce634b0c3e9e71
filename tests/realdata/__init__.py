"""The whole way (source, harvest, reading, index, site) over real documents and captured services."""
