import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { SourceGatherer } from '../gather/source-gatherer.js'
import { MetricsError } from '../model/errors.js'
import type { Family } from '../model/family.js'
import { describe } from '../model/metric-name.js'
import type { Registry } from '../registry/registry.js'
import { processContext } from '../runtime/current-context.js'
import { directorySource } from '../runtime/directory/directory-source.js'
import { CollectorRegistry, isShown } from './collector-registry.js'

/**
 * Fills a registry with what all processes of the application have counted, under the name that Python's client gives
 * it. The default registry needs none: it shows that by itself.
 *
 * Families of all registries are shown, each name once: custom collectors, infos and enums included.
 *
 * @param registry the `CollectorRegistry` to fill
 * @param path a directory to read; by default that of the application
 * @throws MetricsError `REGISTER_INVALID` if the registry is not a `CollectorRegistry`; `OPTION_INVALID` if the path is
 * not one of a directory
 * @example
 * const registry = new CollectorRegistry()
 * new MultiProcessCollector(registry)
 */
export class MultiProcessCollector {
  constructor(registry: Registry, path?: string | null) {
    if (registry === processContext().registry && isOwn(path)) return
    if (!(registry instanceof CollectorRegistry)) {
      const text = `MultiProcessCollector: registry must be a CollectorRegistry, got ${describe(registry)}; the default registry shows all processes without a collector`
      throw new MetricsError('REGISTER_INVALID', text)
    }
    if (registry.scope === 'process') {
      const text = 'MultiProcessCollector: the registry keeps to this process; make it without scope: "process"'
      throw new MetricsError('REGISTER_INVALID', text)
    }
    const directory = directoryAt(path)
    if (directory === undefined || isOwn(directory)) registry.showApplication()
    else registry.showDirectory(directory, () => familiesIn(directory))
  }
}

/** Whether a path is the directory that this process counts in. */
function isOwn(path: string | null | undefined): boolean {
  if (path === undefined || path === null) return true
  const { directory } = processContext().whereabouts()
  return directory !== undefined && resolve(directory) === resolve(path)
}

function directoryAt(path: unknown): string | undefined {
  if (path === undefined || path === null) return undefined
  const isDirectory =
    typeof path === 'string' && path !== '' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (isDirectory) return resolve(path)
  const text = `MultiProcessCollector: path must be a directory, got ${describe(path)}; leave it out to show this application`
  throw new MetricsError('OPTION_INVALID', text)
}

/** Reads the directory for each page: the families do not change while the page is written. */
async function familiesIn(directory: string): Promise<readonly Family[]> {
  const context = processContext()
  const source = directorySource(directory)
  const gatherer = new SourceGatherer(
    () => source,
    (error) => context.onError(error),
    () => context.workerLabel,
    { perWorker: () => context.gatherer.perWorker },
  )
  try {
    const gathered = await gatherer.gather()
    // Nothing else asks this gatherer: without another gathering the tables stay as they are.
    gathered.release()
    return gathered.tables.filter(isShown)
  } finally {
    source.close()
  }
}
