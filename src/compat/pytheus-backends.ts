import { resolve } from 'node:path'
import { MetricsError } from '../model/errors.js'
import { checkOptions, type OptionNames } from '../model/known-options.js'
import { describe } from '../model/metric-name.js'
import { processContext } from '../runtime/current-context.js'
import {
  directoryFromEnvironment,
  directoryFromParent,
  isOfOneRun,
  ownDirectory,
  prepareOwnPlace,
} from '../runtime/directory/application-directory.js'
import type { Backend, BackendContext, Source, Store } from '../store/contract.js'
import { MemoryBackend, MemoryStore } from '../store/memory/memory-backend.js'
import { SharedBackend } from '../store/shared/shared-backend.js'

/**
 * One process that counts in memory, under the name that pytheus gives it.
 *
 * @experimental
 * @example loadBackend(SingleProcessBackend)
 */
export class SingleProcessBackend extends MemoryBackend {
  /** @param _config ignored: pytheus passes a configuration to every backend */
  constructor(_config: object = {}) {
    super()
  }
}

/** Where the processes of a `MultiProcessFileBackend` share their metrics. */
export interface MultiProcessFileOptions {
  /** The directory. The default is `PROMHIVE_DIR` or `PROMETHEUS_MULTIPROC_DIR`, otherwise one that promhive chooses. */
  readonly dir?: string | undefined
  /** The same as `dir`. */
  readonly directory?: string | undefined
  /** The same as `dir`. */
  readonly path?: string | undefined
}

/**
 * The processes of one host, sharing a directory, under the name in pytheus' documentation. `configure({ dir })` does the
 * same.
 *
 * @experimental
 * @throws MetricsError `OPTION_INVALID`; `DIRECTORY_UNUSABLE` from `loadBackend`
 * @example loadBackend(MultiProcessFileBackend, { dir: '/dev/shm/shop' })
 */
export class MultiProcessFileBackend implements Backend {
  readonly shared = true
  /** Absolute. */
  readonly directory: string
  private readonly backend: SharedBackend
  private context: BackendContext | undefined

  constructor(options: MultiProcessFileOptions = {}) {
    this.directory = directoryOf(options)
    this.backend = new SharedBackend({
      directory: this.directory,
      onError: (error) => this.context?.onError(error),
      onRemoved: (family, key) => this.context?.onRemoved(family, key),
      overflow: (seat) => new MemoryStore(seat),
      keep: isOfOneRun(this.directory),
      role: () => processContext().seatRole(),
    })
  }

  /** How the directory is written: `mmap`, or `buffered` without the native addon. */
  get name(): string {
    return this.backend.name
  }

  begin(context: BackendContext): void {
    this.context = context
    const warning = prepareOwnPlace(this.directory)
    if (warning !== undefined) process.emitWarning(warning, { type: 'promhive', code: 'PROMHIVE_DIRECTORY_TAKEN' })
    this.backend.join()
  }

  openStore(): Store {
    return this.backend.openStore()
  }

  openSource(): Source {
    return this.backend.openSource()
  }

  close(): void {
    this.backend.close()
  }
}

const known = { dir: true, directory: true, path: true } as const satisfies OptionNames<MultiProcessFileOptions>

function directoryOf(options: MultiProcessFileOptions): string {
  checkOptions('MultiProcessFileBackend', options, known)
  const { dir, directory, path } = options
  const passedPaths = [dir, directory, path].filter((each) => each !== undefined)
  if (passedPaths.length > 1) throw invalid('dir, directory and path are the same option; give one of them')
  const [chosen = directoryFromEnvironment() ?? directoryFromParent() ?? ownDirectory()] = passedPaths
  if (typeof chosen === 'string' && chosen !== '') return resolve(chosen)
  throw invalid(`dir must be the path of a directory, got ${describe(chosen)}`)
}

function invalid(text: string): MetricsError {
  return new MetricsError('OPTION_INVALID', `MultiProcessFileBackend: ${text}`)
}
