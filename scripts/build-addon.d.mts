import type { Addon } from './addons.mjs'

/** What tests use of `build-addon.mjs`. */
export function buildAddon(addon: Addon, say: (text: string) => void): boolean
export function provideAddon(addon: Addon, say: (text: string) => void): boolean
