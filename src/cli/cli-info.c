// SPDX-License-Identifier: BSD-3-Clause
// Lines of `info` and `end`, escaped: their strings are the trace's, and not to be trusted.
#include "cli-info.h"

#include <errno.h>
#include <stdlib.h>

#include "cli-output.h"
#include "replay/replay-text.h"

static void
put_escaped (CliOutput *output, const char *text)
{
  size_t length = strlen (text);
  size_t size = 10 * length + 1;
  char *escaped = malloc (size);

  if (escaped)
    {
      replay_text_escape (text, length, escaped, size);
      cli_output_put_text (output, escaped);
    }
  free (escaped);
}

bool
cli_info_print (const ReplayTrace *trace, uint64_t limit)
{
  static CliOutput output; /* large */
  const TxReader *reader = replay_trace_get_reader (trace);
  const char *file, *key, *value;

  cli_output_put_text (&output, "file\tkey\tvalue\n");
  for (size_t i = 0; i < limit && tx_reader_get_info_line (reader, i, &file, &key, &value); i++)
    {
      cli_output_put_text (&output, file);
      cli_output_put_char (&output, '\t');
      put_escaped (&output, key);
      cli_output_put_char (&output, '\t');
      put_escaped (&output, value);
      cli_output_put_char (&output, '\n');
    }
  cli_output_flush (&output);
  errno = output.sys_errno;
  return output.sys_errno == 0;
}
