"""The catalogue over HTTP: pages for people, one thin view each."""
