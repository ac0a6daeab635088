import { createRequire } from 'node:module'

/** Returns the version in package.json, found by the name of the package. */
export function packageVersion(): string {
  const { version } = createRequire(`${process.argv[1]}`)('promhive/package.json') as { version: string }
  return version
}
