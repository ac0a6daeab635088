import { MultiProcessCollector } from './compat/multi-process-collector.js'
import { markProcessDead, register } from './index.js'
import { MetricsError } from './model/errors.js'
import { describe } from './model/metric-name.js'
import { Registry } from './registry/registry.js'

/*
 * The names of Python's clients, for applications and recipes that are translated from it.
 */

export { CollectorRegistry } from './compat/collector-registry.js'
export {
  MultiProcessFileBackend,
  type MultiProcessFileOptions,
  SingleProcessBackend,
} from './compat/pytheus-backends.js'
export { Counter, Enum, Gauge, Histogram, Info, loadBackend, loadBackend as load_backend, Summary } from './index.js'
export { MultiProcessRedisBackend } from './redis.js'
export { MultiProcessCollector, markProcessDead as mark_process_dead, register as REGISTRY }

/** The content type of what `generateLatest` gives: text format 0.0.4. */
export const CONTENT_TYPE_LATEST = Registry.PROMETHEUS_CONTENT_TYPE

/**
 * Writes the page of a registry. A promise, unlike Python's: several processes are read without blocking this one.
 *
 * @param registry the default registry when left out
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

export { generateLatest as generate_latest }

/** Python's module `prometheus_client.multiprocess`. */
export const multiprocess = { MultiProcessCollector, mark_process_dead: markProcessDead } as const
