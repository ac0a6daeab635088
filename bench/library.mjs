import { readFileSync } from 'node:fs'

/** What is measured. `variants` are the ways in which one library keeps its numbers. */
export const libraries = [
  {
    key: 'promhive',
    package: new URL('../package.json', import.meta.url),
    variants: [
      { key: 'promhive-shared', name: 'promhive, shared store', shared: true },
      { key: 'promhive-memory', name: 'promhive, memory', shared: false },
    ],
  },
  {
    key: 'prom-client-entry',
    package: new URL('../package.json', import.meta.url),
    variants: [{ key: 'prom-client-entry', name: 'promhive/prom-client, shared store', shared: true }],
  },
  peer('prom-client', 'node_modules/prom-client/package.json', 20),
  peer('prometheus-io', 'node_modules/@prometheus-io/client/package.json', 22),
]

/** The libraries that run under this Node, one entry for each variant. */
export function variantsFor(runtime) {
  return libraries
    .filter((library) => runtime.major >= (library.needsNode ?? 0))
    .flatMap((library) => library.variants.map((variant) => ({ ...variant, library: library.key, peer: library.peer })))
}

export function versionOf(library) {
  return JSON.parse(readFileSync(library.package, 'utf8')).version
}

function peer(key, path, needsNode) {
  const url = new URL(path, import.meta.url)
  // Read when asked for: the peers may not be installed yet when this file is loaded.
  const variant = {
    key,
    get name() {
      const { name, version } = JSON.parse(readFileSync(url, 'utf8'))
      return `${name} ${version}`
    },
    shared: false,
  }
  return { key, package: url, needsNode, peer: true, variants: [variant] }
}
