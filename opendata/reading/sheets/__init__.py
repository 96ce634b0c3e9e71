"""Tables that people fill in for us, sheets and headings and cells, read into records; for uploads and for harvests."""
