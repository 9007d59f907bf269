"""History and ledger at size: in which shape they are kept, and what pages make of them."""
