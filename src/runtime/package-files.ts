import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '#package'
import { MetricsError } from '../model/errors.js'

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }).version
}

/** Returns the file that a supervised worker loads first. */
export function agentFile(): string {
  return join(packageRoot, 'dist', 'cjs', 'supervised.js')
}

/** Returns the folder with the files of the page for people. */
export function pageFolder(): string {
  return join(packageRoot, 'dist', 'page')
}

/** Returns the file that the thread of a worker's target runs. */
export function targetThreadFile(): string {
  return join(packageRoot, 'dist', 'cjs', 'worker-target.js')
}

/**
 * Returns the URL of the file that measures an application without code.
 *
 * @throws MetricsError `OPTION_INVALID` if this version of the package does not have it
 */
export function registerFile(): string {
  const file = join(packageRoot, 'dist', 'esm', 'register.js')
  if (existsSync(file)) return pathToFileURL(file).href
  throw new MetricsError('OPTION_INVALID', '--register: this version has no promhive/register')
}
