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
    code: Int32Array.of(0, 9, 1, 31, 17, 1, 8, 1, 8, 2, 1, 1, 1, 1, 1004, 8, 2, 8, 3, 8, 4, 60, 5, 8, 6, 0, 991, 10, 6, 23, 19, 7, 4, 29, 1, 52, 2, 0, -1, 31, 1, 3, 19, 45, 1, 31, 10, 1, 0, 19, 7, 0, 30, 1, 31, 2, 4, 1165, 63, 0, 1215, 65, 1157, 8, 7, 10, 1, 0, 47, 0, 55, 50, 0, 19, 10, 6, 23, 19, 7, 2, 29, 1, 51, 50, 0, 19, 13, 1, 0, 51, 31, 2, 6, 1266, 99, 2, 1289, 102, 1260, 10, 1, 0, 8, 8, 5, 1248, 47, 1, 91, 31, 10, 5, 21, 19, 10, 2, 4, 19, 7, 1, 30, 2, 31, 9, 9, 19, 10, 6, 23, 19, 7, 1, 30, 2, 31, 4, 8, 1372, 149, 9, 1320, 151, 5, 1439, 153, 11, 1404, 156, 1312, 8, 10, 8, 11, 10, 1, 0, 1, 10, 47, 2, 135, 50, 0, 19, 14, 4, 19, 51, 31, 12, 1176, 13, 1, 0, 52, 2, 1, -1, 31, 14, 3, 17, 52, 8, 2, -1, 31, 10, 1, 0, 19, 11, 3, 17, 19, 7, 3, 30, 2, 31),
    units: Int32Array.of(1, 0, 0, -1, -1, -1, 27, 7, 1, 10, -1, 25, 40, 0, 0, -1, -1, -1, 46, 0, 0, -1, -1, -1, 68, 0, 0, -1, -1, -1, 106, 2, 1, -1, 7, 104, 110, 0, 0, -1, -1, -1, 123, 0, 0, -1, -1, -1, 158, 0, 0, -1, -1, -1, 171, 2, 1, -1, -1, 169, 179, 0, 0, -1, -1, -1, 187, 0, 0, -1, -1, -1),
    spans: Int32Array.of(27, 1523, 33, 1509, 35, 1508, 46, 1068, 52, 1051, 71, 1157, 74, 1137, 80, 1116, 82, 1116, 83, 1154, 86, 1099, 89, 1099, 110, 1484, 114, 1495, 120, 1480, 126, 1188, 132, 1171, 161, 1312, 164, 1297, 167, 1297, 171, 1179, 174, 1179, 179, 1382, 182, 1382, 187, 1347, 191, 1358, 197, 1330),
    regions: Int32Array.of(68, 71, 13, 1157, 74, 82, 12, 1116, 86, 89, 12, 1099, 158, 161, 13, 1312, 164, 167, 12, 1297),
    strings: ['drvAttrs', 'outputs', 'value', 'out', 'all', 'outputName', 'name', 'outputPair', 'drvPath', 'outPath', 'derivation', 'type', 'x'],
    bigInts: [],
    floats: [],
    paths: [],
    siteCount: 3,
    cacheCount: 3,
    lineStarts: null,
    sourceLength: 1542,
    warnings: [],
    compiled: undefined,
    growth: undefined,
  }
}
