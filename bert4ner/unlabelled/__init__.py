"""What is made of text without annotation: pseudo-labels, which are neither training nor recognizing alone."""
