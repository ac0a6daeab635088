import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageVersion } from './package-version.js'
import { requireFrom } from './require-from.js'

/** The files that packages and files of promhive are looked up from: promhive's own one or, in a bundle, the bundle. */
export function ownPlaces(): readonly string[] {
  const program = process.argv[1]
  return [...new Set([ownFile(), ...(program !== undefined && isAbsolute(program) ? [program] : [])])]
}

let found: { readonly root: string | undefined } | undefined

/**
 * Returns the folder of the installed package, which has the files that are not part of a bundle: the addon, the files
 * of threads and of the page.
 *
 * @returns undefined in a bundle without `node_modules`, or whose `node_modules` has another version of promhive
 */
export function packageRoot(): string | undefined {
  found ??= { root: rootAbove(dirname(ownFile())) ?? installedRoot() }
  return found.root
}

/** A bundler may have replaced `import.meta.url`. */
function ownFile(): string {
  const url: unknown = import.meta.url
  if (typeof url === 'string' && url.startsWith('file:')) return fileURLToPath(url)
  const program = process.argv[1]
  return program !== undefined && isAbsolute(program) ? program : join(process.cwd(), 'bundle.js')
}

function rootAbove(folder: string): string | undefined {
  if (isRoot(folder)) return folder
  const above = dirname(folder)
  return above === folder ? undefined : rootAbove(above)
}

/** Where Node.js finds `promhive` from the bundle. */
function installedRoot(): string | undefined {
  for (const place of ownPlaces()) {
    try {
      const root = dirname(requireFrom(place).resolve('promhive/package.json'))
      if (isRoot(root)) return root
    } catch {}
  }
  return undefined
}

/** Another version may have another addon. */
function isRoot(folder: string): boolean {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return false
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown; version?: unknown }
    return manifest.name === 'promhive' && manifest.version === packageVersion
  } catch {
    return false
  }
}
