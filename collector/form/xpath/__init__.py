"""XPath as ODK forms use it: parsed, compiled to closures, evaluated over a light tree, in the dialect of a client.

Used by collector/form/xform and collector/form/judging, and by `collector xpath`. Knows nothing of forms.

    expression = compile_expression(". >= 1 and . <= 30", COLLECT)
    expression.boolean(Context(node, World(root)))
"""
