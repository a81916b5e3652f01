// Writes the gzip and brotli forms of each text file beside it, once and as small as they get; nginx then compresses nothing again
// and again.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = process.argv[2];
if (root === undefined) throw new Error('compress.mjs takes the folder of the files');

const TEXT = /\.(html|css|js|mjs|json|svg|txt|webmanifest|wasm)$/;
const WORTH_BYTES = 1_024;

for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const plain = readFileSync(path);
  if (plain.length < WORTH_BYTES) continue;
  // Brotli's own default is its best already.
  for (const [ending, packed] of [
    ['gz', gzipSync(plain, { level: constants.Z_BEST_COMPRESSION })],
    ['br', brotliCompressSync(plain)],
  ])
    if (packed.length < plain.length) writeFileSync(`${path}.${ending}`, packed);
}
