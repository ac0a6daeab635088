import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, ok, warn } from './finding.js'

const clients = ['promhive', 'prom-client', '@prometheus-io/client'] as const

/** The packages of promhive that npm installs under the name of a client. */
const aliases: readonly string[] = ['@promhive/prom-client', '@promhive/prometheus-io']

interface Copy {
  readonly version: string
  /** Whether it leads to promhive. */
  readonly isAlias: boolean
}

/** The maximum depth of nested packages to check. */
const deepest = 4

/**
 * Checks which clients the packages of an application depend on: promhive's scrapes do not show the counts of other
 * clients.
 */
export function checkPackages(folder = process.cwd()): Finding[] {
  const installed = clients.map((name) => ({
    name,
    copies: [...copiesOf(name, join(folder, 'node_modules'), 0).values()],
  }))
  const findings: Finding[] = []
  for (const { name, copies } of installed) {
    const versions = versionsIn(copies, false)
    const list = versions.join(', ')
    const leading = versionsIn(copies, true)
    if (leading.length > 0) findings.push(ok('packages', `${name} ${leading.join(', ')} is promhive under that name`))
    if (versions.length === 0) continue
    if (name === 'promhive') {
      const apart = new Set(versions).size > 1
      findings.push(
        apart
          ? warn(
              'packages',
              `promhive is installed ${versions.length} times (${list})`,
              'npm dedupe: one version for all',
            )
          : ok('packages', `promhive ${list}: copies of one version share their metrics`),
      )
    } else {
      const text = `${name} ${list} is installed as well: what plug-ins count with it is not in promhive's scrapes`
      const way = `npm ls ${name} shows which package depends on it; docs/drop-in.md has three ways to replace it`
      findings.push(warn('packages', text, way))
    }
  }
  return findings.length > 0 ? findings : [ok('packages', `no client in ${join(folder, 'node_modules')}`)]
}

function versionsIn(copies: readonly Copy[], aliased: boolean): string[] {
  const versions = copies.filter(({ isAlias }) => isAlias === aliased).map(({ version }) => version)
  return versions.sort()
}

/** Each copy by its path. */
function copiesOf(name: string, modules: string, depth: number, copies = new Map<string, Copy>()): Map<string, Copy> {
  for (const entry of packagesIn(modules)) {
    const path = join(modules, entry)
    if (entry === name) {
      try {
        const manifest = join(path, 'package.json')
        // A fifo of that name would never be read to its end.
        if (statSync(manifest).isFile()) {
          const { name: published, version } = JSON.parse(readFileSync(manifest, 'utf8'))
          copies.set(realpathSync(path), { version, isAlias: aliases.includes(published) })
        }
      } catch {
        // The folder is not a package.
      }
    }
    // A linked package has its own packages for development.
    if (depth < deepest && !lstatSync(path).isSymbolicLink())
      copiesOf(name, join(path, 'node_modules'), depth + 1, copies)
  }
  return copies
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
