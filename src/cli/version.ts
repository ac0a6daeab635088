import { createRequire } from 'node:module'

/** The version in package.json, found by the package's own name. */
export function packageVersion(): string {
  const { version } = createRequire(`${process.argv[1]}`)('promhive/package.json') as { version: string }
  return version
}
