import { resolve } from 'node:path'
import {
  directoryFromEnvironment,
  directoryFromParent,
  isOfOneRun,
  ownDirectory,
  prepareOwnPlace,
} from '../home/application-directory.js'
import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'
import type { Surroundings } from '../store/backend.js'
import { MemoryBackend, MemoryStore } from '../store/memory/memory-backend.js'
import { SharedBackend } from '../store/shared/shared-backend.js'

/**
 * One process that counts in memory, under the name that pytheus gives it.
 *
 * @example loadBackend(SingleProcessBackend)
 */
export class SingleProcessBackend extends MemoryBackend {
  /** @param _config nothing: pytheus hands a configuration to every backend */
  constructor(_config: object = {}) {
    super()
  }
}

/** Where the processes of a `MultiProcessFileBackend` share their metrics. */
export interface MultiProcessFileOptions {
  /** The directory; `PROMHIVE_DIR` or `PROMETHEUS_MULTIPROC_DIR` when left out, else one that promhive chooses. */
  readonly dir?: string
  /** The same as `dir`. */
  readonly directory?: string
  /** The same as `dir`. */
  readonly path?: string
}

/**
 * The processes of one host, sharing a directory, under the name in pytheus' documentation. `configure({ dir })` does the
 * same.
 *
 * @throws MetricsError `OPTION_INVALID`; `DIRECTORY_UNUSABLE` from `loadBackend`
 * @example loadBackend(MultiProcessFileBackend, { dir: '/dev/shm/shop' })
 */
export class MultiProcessFileBackend extends SharedBackend {
  constructor(options: MultiProcessFileOptions = {}) {
    const directory = directoryOf(options)
    let surroundings: Surroundings | undefined
    super({
      directory,
      onError: (error) => surroundings?.onError(error),
      onRemoved: (family, key) => surroundings?.onRemoved(family, key),
      overflow: (seat) => new MemoryStore(seat),
      keep: isOfOneRun(directory),
    })
    this.begin = (given) => {
      surroundings = given
      prepareOwnPlace(directory)
      this.join()
    }
  }

  /** Joins the processes that count in the directory. */
  readonly begin: (surroundings: Surroundings) => void
}

function directoryOf(options: MultiProcessFileOptions): string {
  const { dir, directory, path } = options
  const given = [dir, directory, path].filter((each) => each !== undefined)
  if (given.length > 1) throw invalid('dir, directory and path are the same option; give one of them')
  const [chosen = directoryFromEnvironment() ?? directoryFromParent() ?? ownDirectory()] = given
  if (typeof chosen === 'string' && chosen !== '') return resolve(chosen)
  throw invalid(`dir must be the path of a directory, got ${describe(chosen)}`)
}

function invalid(text: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `MultiProcessFileBackend: ${text}`)
}
