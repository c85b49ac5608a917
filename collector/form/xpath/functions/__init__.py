"""The functions of forms, by subject: each module has a table for both engines and one for what differs in each."""
