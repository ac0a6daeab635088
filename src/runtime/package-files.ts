import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MetricsError } from '../model/errors.js'
import { packageRoot } from '../platform/package-root.js'

/**
 * Returns the file that a supervised worker loads first.
 *
 * @throws MetricsError `PACKAGE_NOT_FOUND` in a bundle without the package
 */
export function agentFile(): string {
  return fileFor('supervise()', 'dist', 'cjs', 'supervised.js')
}

/**
 * Returns the file of the thread that measures a supervised worker.
 *
 * @throws MetricsError `PACKAGE_NOT_FOUND` in a bundle without the package
 */
export function monitorFile(): string {
  return fileFor('a supervised worker', 'dist', 'cjs', 'monitor.js')
}

/** Returns the folder with the files of the page for people; undefined in a bundle without the package. */
export function pageFolder(): string | undefined {
  const root = packageRoot()
  return root && join(root, 'dist', 'page')
}

/**
 * Returns the file that the thread of a worker's target runs.
 *
 * @throws MetricsError `PACKAGE_NOT_FOUND` in a bundle without the package
 */
export function targetThreadFile(): string {
  return fileFor("a worker's target", 'dist', 'cjs', 'worker-target.js')
}

/**
 * Returns the URL of the file that measures an application without code.
 *
 * @throws MetricsError `OPTION_INVALID` if this version of the package does not have it, `PACKAGE_NOT_FOUND` in a bundle
 *   without the package
 */
export function registerFile(): string {
  const file = fileFor('--register', 'dist', 'esm', 'register.js')
  if (existsSync(file)) return pathToFileURL(file).href
  throw new MetricsError('OPTION_INVALID', '--register: this version has no promhive/register')
}

function fileFor(feature: string, ...path: readonly string[]): string {
  const root = packageRoot()
  if (root !== undefined) return join(root, ...path)
  const text = `${feature} needs files of the package promhive, and this bundle does not find it; make promhive external, and install it beside the bundle`
  throw new MetricsError('PACKAGE_NOT_FOUND', text)
}
