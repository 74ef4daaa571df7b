import { suite as uvuSuite } from 'uvu'
export const suite = uvuSuite
export * as assert from 'uvu/assert'
