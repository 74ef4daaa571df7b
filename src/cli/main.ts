/** What the bundle of the programs is made from (floor 7): the launcher calls one of these. */
export { firnix } from './firnix.ts'
export { firnixInstantiate } from './firnix-instantiate.ts'
