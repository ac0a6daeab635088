import type { Registry } from './registry.js'

let provided: () => Registry = () => {
  throw new Error('promhive: import the package by its front door, not by a file inside it')
}

/** Sets where the default registry comes from. The runtime calls it when it is loaded. */
export function provideRegistry(provide: () => Registry): void {
  provided = provide
}

/** Returns the default registry of this process. */
export function theRegistry(): Registry {
  return provided()
}
