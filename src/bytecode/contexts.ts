/** Operands that say which construct asks, for error texts (floor 1): of CHECK_BOOL and CHECK_ATTRS. */
export const CONTEXT = { AND: 0, OR: 1, IMPL: 2, UPDATE_RIGHT: 0 } as const
