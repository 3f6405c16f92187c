# SPDX-License-Identifier: BSD-3-Clause
"""The application of the server benchmark: small, and all that is in scope of the recording."""
