// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target as an ordinary test, without libFuzzer: every file given, then random
// mutations of them (and of nothing) from a printed seed: one fixed for each target, so that what
// passed goes on to pass, or with TRACKEXEC_FULL=1 or --seed=random another each time.
//
//   fuzz-x [--runs=N] [--seed=N|random] [FILE | DIRECTORY]...
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INPUT_SIZE_MAX (1u << 20)
#define INPUTS_MAX     4096u

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate (uint8_t *data, size_t size, size_t size_max);
/* Of targets whose format has checksums. */
__attribute__ ((weak)) size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t size_max, unsigned int seed);

typedef struct
{
  uint8_t *bytes;
  size_t size;
} Input;

static Input inputs[INPUTS_MAX];
static size_t n_inputs;
static uint64_t state; /* of the generator, never 0 */

/* xorshift64*, Marsaglia 2003 and Vigna 2014 */
static uint64_t
draw (void)
{
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * UINT64_C (2685821657736338717);
}

static size_t
draw_below (size_t bound)
{
  return bound == 0 ? 0 : (size_t) (draw () % bound);
}

static void
add_file (const char *path)
{
  FILE *file = fopen (path, "rb");
  uint8_t *bytes = malloc (INPUT_SIZE_MAX);

  if (file == NULL || bytes == NULL)
    {
      perror (path);
      exit (1);
    }
  if (n_inputs < INPUTS_MAX)
    {
      size_t size = fread (bytes, 1, INPUT_SIZE_MAX, file);

      inputs[n_inputs++] = (Input){ bytes, size };
    }
  else
    free (bytes);
  fclose (file);
}

static void
add (const char *path)
{
  struct dirent **entries;
  struct stat st;
  int n_entries;

  if (stat (path, &st) != 0)
    {
      perror (path);
      exit (1);
    }
  if (!S_ISDIR (st.st_mode))
    {
      add_file (path);
      return;
    }
  /* in order: a seed means the same on every file system */
  n_entries = scandir (path, &entries, NULL, alphasort);
  if (n_entries < 0)
    {
      perror (path);
      exit (1);
    }
  for (int i = 0; i < n_entries; i++)
    {
      char name[4096];

      snprintf (name, sizeof name, "%s/%s", path, entries[i]->d_name);
      if (entries[i]->d_name[0] != '.')
        add (name);
      free (entries[i]);
    }
  free (entries);
}

/* Gives the target a copy of exactly this size, so that sanitizers see each read behind its end. */
static void
run (const uint8_t *bytes, size_t size)
{
  uint8_t *copy = malloc (size > 0 ? size : 1);

  if (copy == NULL)
    exit (1);
  if (size > 0)
    memcpy (copy, bytes, size);
  LLVMFuzzerTestOneInput (copy, size);
  free (copy);
}

static size_t
mutate_once (uint8_t *bytes, size_t size, size_t size_max)
{
  static const uint8_t interesting[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff, ' ', '0', ':' };
  size_t pos = draw_below (size);
  size_t len = 1 + draw_below (16);
  size_t from;

  switch (draw_below (7))
    {
    case 0: /* flip a bit */
      if (size > 0)
        bytes[pos] ^= (uint8_t) (1 << draw_below (8));
      return size;
    case 1: /* set a byte */
      if (size > 0)
        bytes[pos] = (uint8_t) draw ();
      return size;
    case 2: /* set an interesting byte */
      if (size > 0)
        bytes[pos] = interesting[draw_below (sizeof interesting)];
      return size;
    case 3: /* cut the end */
      return pos;
    case 4: /* remove a few */
      if (len > size - pos)
        len = size - pos;
      memmove (bytes + pos, bytes + pos + len, size - pos - len);
      return size - len;
    case 5: /* insert a few */
      if (size + len > size_max)
        return size;
      memmove (bytes + pos + len, bytes + pos, size - pos);
      for (size_t i = 0; i < len; i++)
        bytes[pos + i] = (uint8_t) draw ();
      return size + len;
    default: /* copy a few elsewhere */
      from = draw_below (size);
      if (len > size - pos)
        len = size - pos;
      if (len > size - from)
        len = size - from;
      memmove (bytes + pos, bytes + from, len);
      return size;
    }
}

/* As libFuzzer has it: blind mutations. */
size_t
LLVMFuzzerMutate (uint8_t *data, size_t size, size_t size_max)
{
  size_t n_mutations = 1 + draw_below (8);

  while (n_mutations-- > 0)
    size = mutate_once (data, size, size_max);
  return size;
}

/* FNV-1a of the target's name: each has its own. */
static uint64_t
get_fixed_seed (const char *program)
{
  const char *slash = strrchr (program, '/');
  uint64_t hash = UINT64_C (0xcbf29ce484222325);

  for (const char *c = slash != NULL ? slash + 1 : program; *c != '\0'; c++)
    hash = (hash ^ (uint8_t) *c) * UINT64_C (0x100000001b3);
  return hash;
}

static uint64_t
get_random_seed (void)
{
  return (uint64_t) time (NULL) ^ (uint64_t) getpid () << 32;
}

int
main (int argc, char **argv)
{
  static uint8_t buffer[INPUT_SIZE_MAX];
  const char *full = getenv ("TRACKEXEC_FULL");
  uint64_t seed =
      full != NULL && strcmp (full, "1") == 0 ? get_random_seed () : get_fixed_seed (argv[0]);
  uint64_t n_runs = 20000;

  for (int i = 1; i < argc; i++)
    if (strncmp (argv[i], "--runs=", 7) == 0)
      n_runs = strtoull (argv[i] + 7, NULL, 10);
    else if (strcmp (argv[i], "--seed=random") == 0)
      seed = get_random_seed ();
    else if (strncmp (argv[i], "--seed=", 7) == 0)
      seed = strtoull (argv[i] + 7, NULL, 10);
    else
      add (argv[i]);
  printf ("%s: %zu inputs, %" PRIu64 " mutations, --seed=%" PRIu64 "\n", argv[0], n_inputs, n_runs,
          seed);
  fflush (stdout);
  state = seed != 0 ? seed : 1;

  run (NULL, 0);
  for (size_t i = 0; i < n_inputs; i++)
    run (inputs[i].bytes, inputs[i].size);
  for (uint64_t i = 0; i < n_runs; i++)
    {
      size_t size = 0;

      if (n_inputs > 0)
        {
          const Input *input = &inputs[draw_below (n_inputs)];

          size = input->size;
          memcpy (buffer, input->bytes, size);
        }
      if (LLVMFuzzerCustomMutator)
        size = LLVMFuzzerCustomMutator (buffer, size, INPUT_SIZE_MAX, (unsigned) draw ());
      else
        size = LLVMFuzzerMutate (buffer, size, INPUT_SIZE_MAX);
      run (buffer, size);
    }
  for (size_t i = 0; i < n_inputs; i++)
    free (inputs[i].bytes);
  return 0;
}
