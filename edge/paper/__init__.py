"""What comes out on paper: forms and reports, as one HTML file or PDF."""
