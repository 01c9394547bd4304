"""Flask blueprints, one noun a file: pages, the SPARQL protocol, downloads, the view."""
