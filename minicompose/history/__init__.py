"""What a project was made to be, revision by revision: kept, compared, and gone back to."""
