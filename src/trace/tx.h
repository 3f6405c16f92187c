// SPDX-License-Identifier: BSD-3-Clause
// Umbrella of the trace library: reading and writing recordings.
#pragma once

#include "tx-block.h"
#include "tx-convert.h"
#include "tx-digest.h"
#include "tx-error.h"
#include "tx-reader.h"
#include "tx-stream.h"
#include "tx-types.h"
#include "tx-writer.h"
