# SPDX-License-Identifier: BSD-3-Clause
# packages: family
# excludes: family.child
"""A package in scope with one of its modules excluded."""
import family
import family.child

print(family.name(), family.child.name(), family.through(family.child.name))
