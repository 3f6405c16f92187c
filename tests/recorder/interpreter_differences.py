# SPDX-License-Identifier: BSD-3-Clause
"""The only list of differences that are the interpreter's own, each with its reason.

Every entry is verified by the tests: one that does not show is a failure too.
"""

# The recorder and sys.settrace on the same Python:
# program: (first version, version after the last one or None, reason)
FROM_ORACLE = {
    "call_temporary": (
        (3, 11),
        (3, 12),
        "PEP 523: where a function evaluates frames, as the recorder's does on 3.11 to leave other"
        " code untraced, calls are not inlined; arguments that the caller gave away then live until"
        " the call returns, as they always did before 3.11",
    ),
}

# Generated programs (test_random.py) whose steps are the same, but with a depth that sys.settrace tells wrong:
# (first version, version after the last one, seeds, reason)
DEPTH_FROM_ORACLE = (
    (3, 11),
    (3, 12),
    frozenset((1165, 1176, 1378, 1390, 1403, 1424, 1425, 1442, 1470, 1474, 1565, 1665, 1739, 1751, 1847, 1988,
               2478, 2712, 2735, 2945)),
    "after an exception was thrown through an async for into an asynchronous generator that yields again, the"
    " frame that goes on has, for a trace function in Python, a caller that has already been left; without"
    " tracing sys._getframe() shows the recorder's depth, as 3.10 and 3.12 do under both",
)

REASONS = {
    "pep626": "PEP 626, precise line numbers: since 3.10 each line that is executed is told, also"
    " pass, continue, while True, a with on the way out, a call that goes back to its first line;"
    " and no line any more that only shares its code with another",
    "throw": "since 3.10 the frames that throw() passes on its way through yield from or await are"
    " in the chain of frames, so that the frame at its end is deeper; with PEP 626 besides",
    "decorators": "since 3.11 decorators are called, after the def, on their own lines again",
    "return": "since 3.11 a lambda over several lines returns on its first line",
    "return-again": "since 3.13 a lambda over several lines returns on that of its last instruction again",
    "pep709": "PEP 709: since 3.12 list, set and dict comprehensions have no frame of their own",
    "pep701": "PEP 701: since 3.12 the parts of an f-string over several lines have their own lines",
    "jumps": "since 3.12 the jumps of a condition over several lines have the line of their test,"
    " not that of the whole condition",
    "loop-jumps": "since 3.13 a comprehension over several lines does not go back to its first line"
    " each time around",
    "assert": "the lines on which a failing assert over several lines makes and raises its"
    " exception changed in 3.10, 3.12 and 3.13",
    "with-exit": "since 3.13 a with over several lines calls __exit__ on the line of the manager",
    "arguments": "since 3.12, for the recorder, a function owns its arguments: see FROM_ORACLE",
    "library": "the standard library does its work in another way there, and calls other functions"
    " of the program, or from other frames of it",
}

# One Python and the next: program: {first version with the new behaviour: a reason}
ACROSS = {
    "async_cancel": {(3, 10): "throw", (3, 12): "library"},
    "async_for": {(3, 12): "pep709"},
    "async_generator": {(3, 10): "pep626"},
    "async_queue": {(3, 10): "pep626"},
    "async_with": {(3, 10): "pep626", (3, 11): "decorators"},
    "call_temporary": {(3, 12): "arguments"},
    "callback_foreign": {(3, 12): "pep709", (3, 13): "library"},
    "class_abstract": {(3, 11): "decorators"},
    "class_body": {(3, 12): "pep709"},
    "class_dataclass": {(3, 11): "decorators", (3, 13): "library"},
    "class_inheritance": {(3, 11): "decorators", (3, 12): "pep709"},
    "class_meta": {(3, 11): "decorators"},
    "class_namedtuple": {(3, 11): "decorators"},
    "class_property": {(3, 11): "decorators"},
    "class_special_methods": {(3, 12): "pep709"},
    "comprehension_kinds": {(3, 10): "pep626", (3, 12): "pep709", (3, 13): "loop-jumps"},
    "comprehension_nested": {(3, 12): "pep709", (3, 13): "loop-jumps"},
    "comprehension_raising": {(3, 12): "pep709", (3, 13): "loop-jumps"},
    "comprehension_walrus": {(3, 12): "pep709"},
    "decorator_class": {(3, 11): "decorators"},
    "decorator_stacked": {(3, 11): "decorators"},
    "exception_custom": {(3, 11): "decorators"},
    "exception_group": {(3, 12): "pep709"},
    "expression_chained": {(3, 10): "pep626"},
    "expression_conditional": {(3, 10): "pep626", (3, 12): "jumps"},
    "expression_fstring": {(3, 12): "pep701"},
    "expression_long_lines": {(3, 12): "pep709"},
    "expression_multi_line": {(3, 10): "pep626"},
    "function_closure": {(3, 12): "pep709"},
    "function_lambda": {(3, 11): "return", (3, 12): "jumps", (3, 13): "return-again"},
    "generated_long_straight": {(3, 12): "pep709"},
    "generated_wide_statement": {(3, 10): "pep626"},
    "generator_close": {(3, 10): "pep626"},
    "generator_expression": {(3, 10): "pep626", (3, 12): "jumps", (3, 13): "loop-jumps"},
    "generator_send": {(3, 10): "pep626"},
    "generator_throw": {(3, 10): "pep626"},
    "generator_yield_from": {(3, 10): "pep626"},
    "generator_yield_from_throw": {(3, 10): "throw"},
    "import_module": {(3, 13): "loop-jumps"},
    "loop_break_continue": {(3, 10): "pep626"},
    "loop_range_step": {(3, 10): "pep626", (3, 12): "pep709", (3, 13): "loop-jumps"},
    "loop_while": {(3, 10): "pep626"},
    "record_context": {(3, 10): "pep626"},
    "statement_assert": {(3, 10): "assert", (3, 12): "assert", (3, 13): "assert"},
    "statement_if_chain": {(3, 10): "pep626"},
    "statement_return_forms": {(3, 10): "pep626"},
    "thread_free": {(3, 12): "pep709"},
    "thread_pool": {(3, 10): "pep626", (3, 12): "pep709"},
    "thread_switching": {(3, 12): "pep709"},
    "try_finally": {(3, 10): "pep626"},
    "with_exit_raising": {(3, 10): "pep626"},
    "with_generator": {(3, 10): "pep626", (3, 11): "decorators"},
    "with_parenthesized": {(3, 13): "with-exit"},
    "with_simple": {(3, 10): "pep626"},
    "with_suppressing": {(3, 10): "pep626"},
}
