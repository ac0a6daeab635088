/**
 * Returns a `require()` that looks modules up from a file. Bundlers see neither the call nor what it loads; webpack
 * replaces an imported `createRequire`.
 */
export function requireFrom(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file)
}
