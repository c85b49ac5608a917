"""The grammar: text to tokens to a tree of frozen records. Knows no dialect and evaluates nothing."""
