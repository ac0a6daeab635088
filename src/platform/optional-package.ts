import { ownPlaces } from './package-root.js'
import { requireFrom } from './require-from.js'

/**
 * Loads a package that the application may install. Bundlers do not see it, so they neither miss it nor include it, and
 * test runners that run modules in contexts of their own need no option for it.
 *
 * @param name of a package that can be loaded with `require()`, which promhive lists among its optional peers
 * @throws Error with the code `MODULE_NOT_FOUND` if it is not installed
 */
export function requireOptional<T>(name: string): T {
  let fault: unknown
  for (const place of ownPlaces()) {
    const require = requireFrom(place)
    let file: string
    try {
      file = require.resolve(name)
    } catch (cause) {
      fault ??= cause
      continue
    }
    return require(file) as T
  }
  throw fault
}
