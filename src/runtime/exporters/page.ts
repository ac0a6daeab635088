import type { PageSource, SampledProcess } from '../../export/page/page-source.js'
import type { Gatherer } from '../../gather/gatherer.js'
import { lineageOf, sampleProcess } from '../../supervisor/process-sample.js'
import { processContext } from '../current-context.js'
import { pageFolder } from '../package-files.js'

/** Returns what the page of this process's metrics port shows. */
export function ownPage(gatherer: Gatherer): PageSource {
  return pageOf(gatherer, () => {
    const { backend, directory } = processContext().whereabouts()
    if (directory !== undefined) return `directory ${directory}`
    return backend === 'memory' ? 'memory of this process' : backend
  })
}

/**
 * Returns what the page of an application shows.
 *
 * @param location returns where the numbers are kept
 */
export function pageOf(gatherer: Gatherer, location: () => string): PageSource {
  return { gatherer, location, folder: pageFolder(), sample: processOf }
}

/** Whether an object that a metrics server exposes can also be gathered: a registry can, unless an application wrote it. */
export function isGatherer(exposition: object): exposition is Gatherer {
  return 'gather' in exposition && typeof exposition.gather === 'function'
}

/**
 * Samples the process of a writer in a directory. Its name contains when the process started: in a container, the number
 * may belong to another process.
 */
function processOf(writer: string): SampledProcess | undefined {
  const [, digits, ticks] = /^\d+-(\d+)-\d+-(\d+)$/.exec(writer) ?? []
  if (digits === undefined) return undefined
  const pid = Number(digits)
  if (lineageOf(pid)?.startTicks !== Number(ticks)) return undefined
  const sample = sampleProcess(pid)
  return sample && { pid, cpuSeconds: sample.cpuSeconds, residentBytes: sample.residentBytes }
}
