import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'
import { Registry } from '../registry/registry.js'
import { register } from '../runtime/default-registry.js'
import { markProcessDead } from './mark-process-dead.js'
import { MultiProcessCollector } from './multi-process-collector.js'

/** The content type of what `generateLatest` gives: text format 0.0.4. */
export const CONTENT_TYPE_LATEST = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * Writes the page of a registry. A promise, unlike Python's: several processes are read without blocking this one.
 *
 * @param registry by default the default registry
 * @returns the bytes of the page, in the registry's own format: text 0.0.4 unless it was given another one
 * @example
 * const data = await generateLatest(registry)
 * response.writeHead(200, { 'Content-Type': CONTENT_TYPE_LATEST, 'Content-Length': data.length }).end(data)
 */
export async function generateLatest(registry: Registry = register): Promise<Buffer> {
  if (typeof registry?.chunks !== 'function') {
    const text = `generateLatest: registry must be a CollectorRegistry, got ${describe(registry)}`
    throw new MetricsError('OPTION_INVALID', text)
  }
  return Buffer.concat(await registry.chunks())
}

/** Python's module `prometheus_client.multiprocess`. */
export const multiprocess = { MultiProcessCollector, mark_process_dead: markProcessDead } as const
