import { existsSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { moduleInstalled, moduleNamed } from './client-paths.js'
import { isLauncher } from './launchers.js'

/*
 * The work of `--import promhive/prom-client/register`: it redirects the imports of prom-client and @prometheus-io/client
 * to promhive, from any package in node_modules. promhive itself is loaded with the first of them.
 */

const place = Symbol.for('promhive.clients')
const shared = globalThis as { [place]?: true }

interface Resolved {
  readonly url: string
  readonly format?: string | null | undefined
  readonly shortCircuit?: boolean | undefined
}

type Resolve = (
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Resolved,
) => Resolved

/** Node has it from 22.15 and 23.5 on. */
const { registerHooks } = module as { registerHooks?: (hooks: { resolve: Resolve }) => void }

/**
 * Registers the hooks, once per thread. Without the hooks of a newer Node.js, the application runs with its own client,
 * and a warning reports that.
 *
 * @param root the folder of the package; undefined in a bundle that does not find it
 */
export function leadClients(root: string | undefined): void {
  if (shared[place]) return
  shared[place] = true
  if (registerHooks === undefined) warn(`needs Node.js 22.15, 23.5 or later, and this is ${process.version}`)
  else if (root === undefined) warn('is part of a bundle, and the package promhive is not installed beside it')
  else registerHooks({ resolve: resolveIn(join(root, 'dist', 'cjs')) })
}

function resolveIn(folder: string): Resolve {
  const leadTo = (path: string | undefined): Resolved | undefined => {
    if (path === undefined) return undefined
    const file = join(folder, path)
    return existsSync(file) ? { url: pathToFileURL(file).href, format: 'commonjs', shortCircuit: true } : undefined
  }
  return (specifier, context, next) => {
    const led = leadTo(moduleNamed(specifier))
    if (led !== undefined) return led
    const resolved = next(specifier, context)
    return leadTo(moduleInstalled(resolved.url)) ?? resolved
  }
}

function warn(reason: string): void {
  if (!isMainThread || isLauncher(process.argv[1] ?? '')) return
  process.emitWarning(
    `promhive/prom-client/register ${reason}: prom-client stays as it is, and each process counts for itself. Install the package @promhive/prom-client under the name prom-client instead`,
    { type: 'promhive', code: 'PROMHIVE_PRELOAD_UNSUPPORTED' },
  )
}
