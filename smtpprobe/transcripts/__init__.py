"""Sessions as text: our own notation (`notation`), from it to a record (`reader`), and back (`writer`)."""
