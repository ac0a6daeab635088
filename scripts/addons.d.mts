/** What tests use of `addons.mjs`. */
export type Platform = 'linux' | 'darwin' | 'win32'

export interface Addon {
  readonly platform: Platform
  readonly arch: 'x64' | 'arm64'
  /** The calls of the compiler, in order. */
  readonly steps: (source: string, target: string) => string[][]
}

export const addons: readonly Addon[]
export const sources: Readonly<Record<Platform, string>>
export const compiler: {
  readonly file: string
  readonly cache: string
  readonly install: string
  readonly present: boolean
}
export const cFlags: readonly string[]
export const includes: readonly string[]
export function nameOf(addon: { readonly platform: string; readonly arch: string }): string
export function fileOf(addon: { readonly platform: string; readonly arch: string }): string
