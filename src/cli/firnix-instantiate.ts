#!/usr/bin/env node
/** The program `firnix-instantiate` (floor 6, a door): nix-instantiate's command line. */
import { EXIT_ERROR } from './faults.ts'
import { instantiate } from './instantiate.ts'
import { runProgram } from './program.ts'

void runProgram('nix-instantiate', EXIT_ERROR, instantiate)
