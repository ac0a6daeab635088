import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, ok, warn } from './finding.js'

const clients = ['promhive', 'prom-client', '@prometheus-io/client'] as const
/** The maximum depth of nested packages to check. */
const deepest = 4

/**
 * Checks which clients the packages of an application depend on: promhive's scrapes do not show the counts of other
 * clients.
 */
export function checkPackages(folder = process.cwd()): Finding[] {
  const found = clients.map((name) => ({ name, versions: versionsOf(name, join(folder, 'node_modules'), 0) }))
  const findings: Finding[] = []
  for (const { name, versions } of found) {
    if (versions.size === 0) continue
    const list = [...versions.values()].sort().join(', ')
    if (name === 'promhive') {
      const apart = new Set(versions.values()).size > 1
      findings.push(
        apart
          ? warn(
              'packages',
              `promhive is installed ${versions.size} times (${list})`,
              'npm dedupe: one version for all',
            )
          : ok('packages', `promhive ${list}: copies of one version share their metrics`),
      )
    } else {
      const text = `${name} ${list} is installed as well: what plug-ins count with it is not in promhive's scrapes`
      findings.push(warn('packages', text, `npm ls ${name} shows which package depends on it`))
    }
  }
  return findings.length > 0 ? findings : [ok('packages', `no client in ${join(folder, 'node_modules')}`)]
}

/** Returns the path and the version of each copy. */
function versionsOf(
  name: string,
  modules: string,
  depth: number,
  found = new Map<string, string>(),
): Map<string, string> {
  for (const entry of packagesIn(modules)) {
    const path = join(modules, entry)
    if (entry === name) {
      try {
        const manifest = join(path, 'package.json')
        // A fifo of that name would never be read to its end.
        if (statSync(manifest).isFile())
          found.set(realpathSync(path), JSON.parse(readFileSync(manifest, 'utf8')).version)
      } catch {
        // The folder is not a package.
      }
    }
    // A linked package has its own packages for development.
    if (depth < deepest && !lstatSync(path).isSymbolicLink())
      versionsOf(name, join(path, 'node_modules'), depth + 1, found)
  }
  return found
}

function packagesIn(modules: string): string[] {
  const names = list(modules)
  return names.flatMap((name) => {
    if (name.startsWith('.')) return []
    return name.startsWith('@') ? list(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
