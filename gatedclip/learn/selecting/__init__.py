"""What to look at next: scores of memes, the mixed batch that is made of them, and what its random part tells."""
