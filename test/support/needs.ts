/**
 * What tests may need from the machine, and whether it is there. Programs are looked for on PATH; checkouts of other
 * projects are named by an option of the test command (`npm test -- --nix DIR --nixpkgs DIR`) or its environment.
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Need = 'git' | 'nix' | 'proc' | 'python3' | 'root' | 'checkout' | 'nixpkgs'

/** The checkout of NixOS/nix whose language suite the tests read, if one was named. */
export const nixCheckout: string | undefined = process.env.FIRNIX_NIX_CHECKOUT || undefined

/** The checkout of nixpkgs the tests read, if one was named. */
export const nixpkgsCheckout: string | undefined = process.env.FIRNIX_NIXPKGS || undefined

/** Those of `needs` that this machine lacks. */
export function missingNeeds(needs: readonly Need[]): Need[] {
  return needs.filter((need) => !has(need))
}

function has(need: Need): boolean {
  switch (need) {
    case 'git':
      return onPath('git')
    case 'nix':
      return onPath('nix-instantiate')
    case 'proc':
      return existsSync('/proc/self/stat')
    case 'python3':
      return onPath('python3')
    case 'root':
      return process.getuid?.() === 0
    case 'checkout':
      return nixCheckout !== undefined && existsSync(join(nixCheckout, 'tests/functional/lang'))
    case 'nixpkgs':
      return (
        nixpkgsCheckout !== undefined && existsSync(join(nixpkgsCheckout, 'pkgs/top-level/all-packages.nix'))
      )
  }
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
