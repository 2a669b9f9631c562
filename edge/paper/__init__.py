"""Output on paper: forms, drawings and reports, each as one HTML, PDF or SVG file."""
