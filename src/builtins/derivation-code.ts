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
    code: Int32Array.of(0, 9, 1, 31, 17, 1, 2, 1, 1, 1, 1, 1, 1005, 2, 2, 8, 3, 8, 4, 60, 5, 8, 6, 0, 992, 10, 6, 21, 19, 7, 4, 29, 1, 52, 2, 0, -1, 31, 1, 3, 19, 45, 1, 31, 10, 1, 0, 19, 7, 0, 30, 1, 31, 2, 4, 1158, 60, 0, 1202, 62, 8, 7, 10, 1, 0, 47, 0, 53, 50, 0, 19, 10, 6, 21, 19, 7, 2, 29, 1, 51, 50, 0, 19, 13, 1, 0, 51, 31, 2, 6, 1252, 95, 2, 1275, 98, 10, 1, 0, 8, 8, 5, 1234, 47, 1, 88, 31, 10, 5, 19, 19, 10, 2, 4, 19, 7, 1, 30, 2, 31, 9, 9, 19, 10, 6, 21, 19, 7, 1, 30, 2, 31, 4, 8, 1358, 144, 9, 1306, 146, 5, 1425, 148, 11, 1390, 151, 8, 10, 8, 11, 10, 1, 0, 1, 10, 47, 2, 131, 50, 0, 19, 14, 4, 17, 51, 31, 12, 1169, 13, 1, 0, 52, 2, 1, -1, 31, 14, 3, 15, 52, 8, 2, -1, 31, 10, 1, 0, 19, 11, 3, 15, 19, 7, 3, 30, 2, 31),
    units: Int32Array.of(1, 0, 0, -1, -1, -1, 25, 7, 1, 8, -1, 23, 38, 0, 0, -1, -1, -1, 44, 0, 0, -1, -1, -1, 65, 0, 0, -1, -1, -1, 102, 2, 1, -1, 7, 100, 106, 0, 0, -1, -1, -1, 119, 0, 0, -1, -1, -1, 153, 0, 0, -1, -1, -1, 166, 2, 1, -1, -1, 164, 174, 0, 0, -1, -1, -1, 182, 0, 0, -1, -1, -1),
    spans: Int32Array.of(25, 1502, 31, 1488, 33, 1487, 44, 1069, 50, 1052, 68, 1150, 71, 1137, 77, 1116, 79, 1116, 80, 1147, 83, 1100, 86, 1100, 106, 1464, 110, 1474, 116, 1460, 122, 1181, 128, 1164, 156, 1298, 159, 1283, 162, 1283, 166, 1172, 169, 1172, 174, 1368, 177, 1368, 182, 1333, 186, 1344, 192, 1316),
    regions: Int32Array.of(65, 68, 13, 1150, 71, 79, 12, 1116, 83, 86, 12, 1100, 153, 156, 13, 1298, 159, 162, 12, 1283),
    strings: ['drvAttrs', 'outputs', 'value', 'out', 'all', 'outputName', 'name', 'outputSet', 'drvPath', 'outPath', 'derivation', 'type', 'x'],
    bigInts: [],
    floats: [],
    paths: [],
    siteCount: 3,
    cacheCount: 3,
    lineStarts: null,
    sourceLength: 1515,
    warnings: [],
  }
}
