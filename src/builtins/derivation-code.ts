/**
 * `derivation`, compiled (floor 4): every run needs it, and to compile it takes a tenth of a small one. Written by the test of
 * the same name (`npm run test:update`), from internal-sources.ts.
 */
import type { Chunk } from '../bytecode/chunk.ts'

/** The builtins it uses, in the order of their indices in the code. */
export const DERIVATION_GLOBALS: readonly string[] = [
  'derivationStrict',
  'map',
  'listToAttrs',
  'getAttr',
  'head',
]

// biome-ignore format: generated
export function derivationChunk(): Chunk {
  return {
    code: Int32Array.of(0, 9, 1, 31, 17, 1, 8, 1, 8, 2, 1, 1, 1, 1, 1004, 8, 2, 8, 3, 8, 4, 60, 5, 8, 6, 0, 991, 10, 6, 23, 19, 7, 4, 29, 1, 52, 2, 0, -1, 31, 1, 3, 19, 45, 1, 31, 10, 1, 0, 19, 7, 0, 30, 1, 31, 2, 4, 1165, 62, 0, 1215, 64, 8, 7, 10, 1, 0, 47, 0, 55, 50, 0, 19, 10, 6, 23, 19, 7, 2, 29, 1, 51, 50, 0, 19, 13, 1, 0, 51, 31, 2, 6, 1266, 97, 2, 1289, 100, 10, 1, 0, 8, 8, 5, 1248, 47, 1, 90, 31, 10, 5, 21, 19, 10, 2, 4, 19, 7, 1, 30, 2, 31, 9, 9, 19, 10, 6, 23, 19, 7, 1, 30, 2, 31, 4, 8, 1372, 146, 9, 1320, 148, 5, 1439, 150, 11, 1404, 153, 8, 10, 8, 11, 10, 1, 0, 1, 10, 47, 2, 133, 50, 0, 19, 14, 4, 19, 51, 31, 12, 1176, 13, 1, 0, 52, 2, 1, -1, 31, 14, 3, 17, 52, 8, 2, -1, 31, 10, 1, 0, 19, 11, 3, 17, 19, 7, 3, 30, 2, 31),
    units: Int32Array.of(1, 0, 0, -1, -1, -1, 27, 7, 1, 10, -1, 25, 40, 0, 0, -1, -1, -1, 46, 0, 0, -1, -1, -1, 67, 0, 0, -1, -1, -1, 104, 2, 1, -1, 7, 102, 108, 0, 0, -1, -1, -1, 121, 0, 0, -1, -1, -1, 155, 0, 0, -1, -1, -1, 168, 2, 1, -1, -1, 166, 176, 0, 0, -1, -1, -1, 184, 0, 0, -1, -1, -1),
    spans: Int32Array.of(27, 1523, 33, 1509, 35, 1508, 46, 1068, 52, 1051, 70, 1157, 73, 1137, 79, 1116, 81, 1116, 82, 1154, 85, 1099, 88, 1099, 108, 1484, 112, 1495, 118, 1480, 124, 1188, 130, 1171, 158, 1312, 161, 1297, 164, 1297, 168, 1179, 171, 1179, 176, 1382, 179, 1382, 184, 1347, 188, 1358, 194, 1330),
    regions: Int32Array.of(67, 70, 13, 1157, 73, 81, 12, 1116, 85, 88, 12, 1099, 155, 158, 13, 1312, 161, 164, 12, 1297),
    strings: ['drvAttrs', 'outputs', 'value', 'out', 'all', 'outputName', 'name', 'outputPair', 'drvPath', 'outPath', 'derivation', 'type', 'x'],
    bigInts: [],
    floats: [],
    paths: [],
    siteCount: 3,
    cacheCount: 3,
    lineStarts: null,
    sourceLength: 1542,
    warnings: [],
  }
}
