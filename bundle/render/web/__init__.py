"""The report as one page: the cells of the PDF as HTML, with explorers that run the networks."""
