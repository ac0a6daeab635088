import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { addonFault } from './addon-proof.js'
import { isOff, variables } from './environment.js'
import { ownPlaces, packageRoot } from './package-root.js'
import { requireFrom } from './require-from.js'

/** What the addon gives: bytes, lengths, file descriptors, processes. Each throws an Error with an errno name as `code`. */
export interface Binding {
  /** A writable shared mapping of the range; unmapped when the ArrayBuffer is collected. */
  map(fd: number, offset: number, length: number): ArrayBuffer
  /** Makes the bytes exist, so that a store into a mapping of them cannot raise SIGBUS. */
  reserve(fd: number, offset: number, length: number): void
  /** Mode 0 unlocks, 1 takes the byte shared, 2 exclusive. False when another holds it. Never waits. */
  lock(fd: number, byte: number, mode: 0 | 1 | 2): boolean
  /** Whether another open file holds the byte. Takes nothing; read access is enough. */
  probe(fd: number, byte: number): boolean
  /** Takes notice of a child's end, so that the kernel forgets it; false while it runs. Never waits. */
  reap(pid: number): boolean
  /** Maps the open file that a path leads to, and that others may truncate. Its bytes are only read by `gather`. */
  openView?(fd: number, path: string, length: number): object
  /** Unmaps it now; otherwise that happens when the object is collected. */
  closeView?(view: object): void
  /**
   * Copies the float64 at the first `count` indexes, and returns the first word of the file. Never raises SIGBUS.
   *
   * Returns -1 if the path leads to another file by now, if the file was written to other than by a mapping, or if it
   * cannot be read without danger.
   */
  gather?(view: object, indexes: Int32Array, count: number, out: Float64Array): number
  /** When a running process began, in milliseconds since 1970. Throws ESRCH if there is none. Only on Windows. */
  started?(pid: number): number
}

/** Either the addon, or the reason why there is none: the buffered writer serves then. */
export interface LoadedAddon {
  readonly binding?: Binding
  readonly reason?: string
}

const forbidden =
  'Node.js may not load addons: start it without --no-addons, and with --allow-addons if it runs with --permission'

type Place = { readonly file: string } | { readonly reason: string }

let loaded: LoadedAddon | undefined

/** Loads the addon of this platform. */
export function loadBinding(): LoadedAddon {
  if (isOff(variables.native)) return { reason: 'switched off by PROMHIVE_NATIVE=off' }
  return (loaded ??= load())
}

function load(): LoadedAddon {
  const place = findAddon()
  if ('reason' in place) return place
  try {
    const binding = requireFrom(place.file)(place.file) as Binding
    // The tests run with the addon on Linux. Elsewhere it must show here and now that the system does what it relies on.
    const fault = process.platform === 'linux' ? undefined : addonFault(binding)
    return fault === undefined ? { binding } : { reason: `the addon for ${platform()} failed its trial: ${fault}` }
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException
    // The permission model of Node.js, or its option --no-addons.
    if (code === 'ERR_DLOPEN_DISABLED') return { reason: forbidden }
    return { reason: message }
  }
}

const platform = (): string => `${process.platform}-${process.arch}`

function findAddon(): Place {
  const root = packageRoot()
  // A copy beside the bundle, if the package itself is not installed.
  const files =
    root === undefined
      ? ownPlaces().map((own) => join(dirname(own), 'promhive.node'))
      : [join(root, 'prebuilds', platform(), 'promhive.node')]
  const file = files.find((candidate) => existsSync(candidate))
  if (file !== undefined) return { file }
  if (root === undefined) return { reason: missingBeside(files) }
  return { reason: existsSync(join(root, 'prebuilds')) ? `no addon for ${platform()}` : missingIn(root) }
}

/** Tools that trace which files a program loads, such as Next's standalone output, do not see the addon. */
function missingIn(root: string): string {
  return `${root} is a copy of the package without its folder prebuilds; copy that folder as well`
}

function missingBeside(files: readonly string[]): string {
  return (
    `this bundle finds neither the package promhive nor ${files[0]}; make promhive external, ` +
    `or copy node_modules/promhive/prebuilds/${platform()}/promhive.node there`
  )
}
