"""Makes machine code of the plan's passes: from their source and annotations to LLVM, and nothing in between.

The passes are written in a small part of Python: whole numbers, records, columns and named tuples, all annotated.
`kinds` reads the annotations, `expressions` and `statements` write LLVM's instructions, `unit` follows the calls,
`machine` optimises, keeps and loads what comes out. What is outside that part is refused by file and line.

Why not numba, which does this for all of Python: of the passes' 1,000 lines it makes machine code in 20 s, of which
its inference and lowering take 12 whatever the optimisation; from the annotations it is done in about a second.
"""
